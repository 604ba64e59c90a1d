/** Small pieces that several parts of the gallery are made of. */
import { html, type Markup, type Part } from './markup.ts';

export const folded = (title: string, cta: string, content: Part): Markup =>
  html`<details><summary data-cta-id="${cta}">${title}</summary><div>${content}</div></details>\n`;

export const listed = (rows: readonly (readonly [string, Part])[]): Markup =>
  html`<dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
