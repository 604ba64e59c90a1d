/**
 * Ways to say what is not to be said, and to show what must be seen to nobody. ⟦ and ⟧ mark where the words stand in the
 * source; they are taken out before anybody looks.
 */
import { describe, expect, test } from 'vitest';
import type { GuardDocument } from './core/contracts.ts';
import { documentOf, locate } from './core/document.ts';
import { exampleContextWith, exampleFiles } from './core/policy/sample.ts';
import { rule as disclaimer } from './rules/disclaimer.ts';
import { rule as voice } from './rules/voice.ts';
import { readDocument } from './shell/read-document.ts';
import { found } from './testing/found.ts';

interface Marked {
  readonly source: string;
  readonly start: number;
  readonly end: number;
}

function unmark(marked: string): Marked {
  const start = marked.indexOf('⟦');
  const end = marked.indexOf('⟧') - 1;
  return { source: marked.replace(/[⟦⟧]/gu, ''), start, end };
}

const page = (html: string): GuardDocument => documentOf('landing_page', new Map([['index.html', html]]));

const said = (document: GuardDocument, phrases: readonly string[] = ['guaranteed']) =>
  found(voice.check(document, { phrases }, exampleContextWith())) ?? [];

/** The first finding as it should be. */
function expected({ source, start, end }: Marked) {
  const last = locate(source, end);
  return { ...locate(source, start), end_line: last.line, end_column: last.column };
}

const TRICKS: readonly (readonly [name: string, marked: string])[] = [
  ['plain words', '<p>Results\n are ⟦Guaranteed⟧.</p>'],
  ['a zero-width space', '<p>It is ⟦gua\u200Branteed⟧ now</p>'],
  ['a zero-width joiner and a word joiner', '<p>It is ⟦gua\u200Dran\u2060teed⟧</p>'],
  ['a soft hyphen', '<p>It is ⟦gua\u00ADranteed⟧</p>'],
  ['a soft hyphen as an entity', '<p>A &amp; B: ⟦gua&shy;ranteed⟧</p>'],
  ['entities for letters', '<p>⟦&#103;&#x75;aranteed⟧ &amp; more</p>'],
  [
    'entities next to each other',
    '<p>So &amp;&amp; ⟦&#103;&#117;&#97;&#114;&#97;&#110;&#116;&#101;&#101;&#100;⟧&shy;</p>',
  ],
  ['entities without their semicolons', '<p>&copy ⟦&#103uaranteed⟧</p>'],
  ['letters of another script', '<p>⟦gu\u0430r\u0430nt\u0435\u0435d⟧</p>'],
  ['nothing but letters of another script', '<p>\u0410 ⟦\u0441ору⟧ of it</p>'],
  ['fullwidth letters', '<p>Ｎｏｗ ⟦ｇｕａｒａｎｔｅｅｄ⟧</p>'],
  ['letters of mathematics', '<p>👍 ⟦𝐠𝐮𝐚𝐫𝐚𝐧𝐭𝐞𝐞𝐝⟧</p>'],
  ['letters in circles', '<p>⟦ⓖⓤⓐⓡⓐⓝⓣⓔⓔⓓ⟧ 👍</p>'],
  ['white letters on black', '<p>⟦🅶🆄🅰🆁🅰🅽🆃🅴🅴🅳⟧</p>'],
  ['small capitals', '<p>⟦ɢᴜᴀʀᴀɴᴛᴇᴇᴅ⟧</p>'],
  ['stacked marks', '<p>⟦g̶u̶a̶r̷a̸n̴t͟e̲e̅d̶⟧ it</p>'],
  ['accents', '<p>⟦gûáránteed⟧</p>'],
  ['accents written apart', '<p>⟦gu\u0302aranteed⟧</p>'],
  ['a sign between all letters', '<p>It is ⟦g.u.a.r.a.n.t.e.e.d⟧!</p>'],
  ['spaces between all letters', '<p>It is ⟦G U A R A N T E E D⟧!</p>'],
  ['an inline element', '<p>⟦gua<b>ran</b>teed⟧</p>'],
  ['an element that nobody knows', '<p>⟦gua<x-y>ran</x-y>teed⟧</p>'],
  ['an end tag too many', '<p>⟦gua</b>ranteed⟧</p>'],
  ['a comment', '<p>⟦gua<!-- no -->ranteed⟧</p>'],
  ['a template inside of the word', '<p>⟦gua<template>x</template>ranteed⟧</p>'],
  ['a block that is not there', '<div>⟦gua<p hidden>x</p>ranteed⟧</div>'],
  ['a script inside of the word', '<p>⟦gua<script>0</script>ranteed⟧</p>'],
  ['a place to break the line', '<p>⟦gua<wbr>ranteed⟧</p>'],
  ['code inside of the word', '<p>⟦gua<code>ran</code>teed⟧</p>'],
  ['hidden letters inside of the word', '<p>⟦gua<i hidden>xx</i>ranteed⟧</p>'],
  ['hidden letters that a class hides', '<style>.x{display:none}</style><p>⟦gua<i class="x">xx</i>ranteed⟧</p>'],
  ['letters without a size', '<p>⟦gua<i style="font-size:0">xx</i>ranteed⟧</p>'],
  ['letters that only a screen reader leaves out', '<p>⟦gua<i aria-hidden="true">ran</i>teed⟧</p>'],
  ['letters that only look hidden', '<p>⟦gua<i hidden style="display:inline">ran</i>teed⟧</p>'],
  [
    'blocks that are shown as one line',
    '<div style="display:inline">⟦gua</div><div style="display:inline">ranteed⟧</div>',
  ],
  ['text that the parser moves', '<p>a</p><table>⟦guaranteed⟧<tr><td>x</td></tr></table>'],
  ['the attribute title', '<p title="It is ⟦guaranteed⟧">x</p>'],
  ['an attribute with entities', "<p title='A&amp;B &quot;⟦gua&shy;ranteed⟧&quot;'>x</p>"],
  ['the attribute alt', '<img src="a.png" alt="⟦Guaranteed⟧">'],
  ['the attribute aria-label', '<nav aria-label="⟦guaranteed⟧ ways"></nav>'],
  ['a placeholder', '<input placeholder="⟦guaranteed⟧">'],
  ['the value of a field', '<input type="text" value="⟦guaranteed⟧">'],
  ['the description of the page', '<meta name="description" content="A ⟦guaranteed⟧ win">'],
  ['the title of the page', '<title>⟦Guaranteed⟧</title>'],
  ['the title of a shared page', '<meta property="og:title" content="⟦Guaranteed⟧">'],
  ['text of a drawing', '<svg><text x="1">⟦Guaranteed⟧</text></svg>'],
  ['parts of a text in a drawing', '<svg><text>⟦gua<tspan>ranteed⟧</tspan></text></svg>'],
  ['the title of a drawing', '<svg><title>⟦Guaranteed⟧</title></svg>'],
  ['preformatted text', '<pre>\n  ⟦guaranteed⟧\n</pre>'],
  ['code', '<p>Say <code>⟦guaranteed⟧</code></p>'],
  ['content of a style sheet', '<style>p::before { content: "⟦Guaranteed⟧" }</style><p>x</p>'],
  ['content in parts', '<style>p:after{color:red;content:\'⟦gua\' /* no */ "ranteed⟧"}</style>'],
  ['content with escapes', '<style>p::before{c\\6fntent:"⟦\\67 uaranteed⟧"}</style>'],
  ['content of a custom property', '<style>p::before{content:var(--a)}:root{--a:"⟦guaranteed⟧"}</style>'],
  ['content in a style attribute', '<style>p::before{content:var(--a)}</style><p style=\'--a: "⟦guaranteed⟧"\'>x</p>'],
  ['content inside of a media query', '<style>@media (min-width:1px){p::before{content:"⟦guaranteed⟧"}}</style>'],
  ['content that an attribute gives', '<style>p::before{content:attr(data-x)}</style><p data-x="⟦guaranteed⟧">x</p>'],
  ['the attribute hidden', '<p hidden>⟦guaranteed⟧</p>'],
  ['a template', '<template><p>⟦guaranteed⟧</p></template>'],
  ['a page without scripts', '<noscript><p>⟦guaranteed⟧</p></noscript>'],
  ['a page in a frame', '<iframe srcdoc="<p>It &amp;amp; is <b>⟦gua</b>ranteed⟧</p>"></iframe>'],
  ['lines of the source', '<p>a\r\n\tb ⟦guaranteed⟧</p>'],
];

describe('what is not to be said is found at its exact place', () => {
  test.each(TRICKS)('in HTML: %s', (name, marked) => {
    const place = unmark(marked);
    const phrases = name.startsWith('nothing but') ? ['copy'] : ['guaranteed'];
    expect(said(page(place.source), phrases)[0]).toMatchObject(expected(place));
  });

  test.each([
    ['a list', 'note.md', '# Plan\n\n- one\n- is\n  **⟦gua**ranteed⟧ it\n'],
    ['a quote', 'note.md', '> It is &amp; was\n> ⟦Guaran\\teed⟧\n'.replace('\\t', 't')],
    ['an escape', 'note.md', 'It is \\*⟦guaranteed⟧\\*\n'],
    ['code', 'note.md', 'Say `` `⟦guaranteed⟧ ``\n'],
    ['a fence', 'note.md', '~~~\n&amp; ⟦guaranteed⟧\n~~~\n'],
    ['the text of a picture', 'note.md', '![so ⟦guaranteed⟧](a.png)\n'],
    ['the title of a link', 'note.md', '[guarded](guarant "⟦guaranteed⟧")\n'],
    ['the title of a reference', 'note.md', "[x]\n\n[x]: /guarant 'A ⟦guaranteed⟧'\n"],
    ['markup', 'note.md', 'It <i title="⟦guaranteed⟧">is</i>\n'],
    ['hidden markup', 'note.md', '<div hidden>\n\nIt is ⟦guaranteed⟧\n\n</div>\n'],
    ['a cell', 'note.md', '| a | b |\n|---|---|\n| x \\| y | ⟦guaranteed⟧ |\n'],
    ['the head of the file', 'note.md', '---\ntitle: "⟦Guaranteed⟧"\n---\n# Plan\n'],
    ['plain text', 'note.txt', 'A line\nthat is\n  ⟦gua\u00ADranteed⟧ it\n'],
  ])('in Markdown and text: %s', async (_, path, marked) => {
    const place = unmark(marked);
    const document = await readDocument(path, new TextEncoder().encode(place.source));
    expect(said(document)[0]).toMatchObject(expected(place));
  });

  test('what reads alike for eye and ear is named once', () => {
    expect(said(page('<p>guaranteed <i aria-hidden="true">for all</i></p>'))).toHaveLength(1);
  });

  test.each([
    ['a comment', '<!-- guaranteed --><p>x</p>'],
    ['a script', '<script>let guaranteed</script>'],
    ['an address', '<a href="/guaranteed">x</a>'],
    ['a class', '<style>.guaranteed{color:red}</style><p class="guaranteed">x</p>'],
    ['a family of fonts', '<style>:root{--font:"guaranteed"}p{font-family:"guaranteed",var(--font)}</style>'],
    ['another word', '<p>unguaranteed, guaranteedly</p>'],
    ['words of two cells', '<table><tr><td>gua</td><td>ranteed</td></tr></table>'],
  ])('%s does not say it', (_, html) => expect(said(page(html))).toEqual([]));

  test('letters with and without marks are the same in English only', () => {
    const german = exampleContextWith({ locale: 'de' });
    const text = documentOf('social_post', new Map([['post.txt', 'Das ist schön.']]));
    expect(found(voice.check(text, { phrases: ['schon'] }, german))).toEqual([]);
    expect(said(text, ['schon'])).toHaveLength(1);
  });
});

// ---- requirements ---------------------------------------------------------------------------------------------------

const TEXT = 'Northwind is in beta.';
const WITH = exampleFiles.landing_page['index.html'];
const without = (shown = '', style = ''): string =>
  WITH.replace(`<p>${TEXT}</p>`, shown).replace('</head>', `<style>${style}</style></head>`);
const missing = (html: string): boolean =>
  (found(disclaimer.check(page(html), {}, exampleContextWith())) ?? []).length > 0;

type Hiding = readonly [name: string, html: string, style?: string];

const HIDINGS: readonly Hiding[] = [
  ['hidden', `<p hidden>${TEXT}</p>`],
  ['hidden further up', `<div hidden><section><p>${TEXT}</p></section></div>`],
  ['aria-hidden', `<p aria-hidden="true">${TEXT}</p>`],
  ['inert', `<div inert><p>${TEXT}</p></div>`],
  ['display', `<p style="Display : none">${TEXT}</p>`],
  ['display with escapes', `<p style="disp\\6c ay:n\\6fne">${TEXT}</p>`],
  ['display before a value that means nothing', `<p style="display:none;display:shown">${TEXT}</p>`],
  ['display after a comment', `<p style="/*;*/display/**/:none">${TEXT}</p>`],
  ['visibility', `<p style="visibility:hidden">${TEXT}</p>`],
  ['opacity', `<p style="opacity:.01">${TEXT}</p>`],
  ['a filter', `<p style="filter:opacity(0%)">${TEXT}</p>`],
  ['no size', `<p style="font-size:0">${TEXT}</p>`],
  ['hardly a size', `<p style="font:1px/1 serif">${TEXT}</p>`],
  ['no height', `<p style="height:0;overflow:hidden">${TEXT}</p>`],
  ['no width', `<p style="position:absolute;width:1px;overflow:hidden">${TEXT}</p>`],
  ['a clip', `<p style="position:absolute;clip:rect(0, 0, 0, 0)">${TEXT}</p>`],
  ['a clip path', `<p style="clip-path:inset(50%)">${TEXT}</p>`],
  ['a place off the screen', `<p style="position:absolute;left:-9999px">${TEXT}</p>`],
  ['an indent', `<p style="text-indent:-999em">${TEXT}</p>`],
  ['a shift', `<p style="transform:translateX(-200vw)">${TEXT}</p>`],
  ['a scale', `<p style="transform:scale(0)">${TEXT}</p>`],
  ['white on white', `<p style="color:#fff">${TEXT}</p>`],
  ['nearly white on white', `<p style="color:rgb(250, 250, 250)">${TEXT}</p>`],
  ['no colour', `<p style="color:transparent">${TEXT}</p>`],
  ['its own ground', `<div style="background:#123456"><p style="color:#123456">${TEXT}</p></div>`],
  ['an old attribute', `<p><font color="white">${TEXT}</font></p>`],
  ['a class', `<p class="a x">${TEXT}</p>`, '.x{display:none}'],
  ['a class further up', `<div class="x"><p>${TEXT}</p></div>`, 'div.x, .y { opacity: 0 }'],
  ['a combination', `<div id="d"><p>${TEXT}</p></div>`, '#d > p{visibility:hidden}'],
  ['an attribute selector', `<p data-a="b c">${TEXT}</p>`, '[data-a~="c"]{display:none}'],
  ['a nested rule', `<div class="x"><p>${TEXT}</p></div>`, '.x { color: red; & p { display: none } }'],
  ['a custom property', `<p class="x">${TEXT}</p>`, ':root{--d:none}.x{display:var(--d)}'],
  ['a rule of some screens', `<p class="x">${TEXT}</p>`, '@media (min-width: 1px) { .x { display: none } }'],
  ['a rule that is hard to tell', `<p class="x">${TEXT}</p>`, '.x:nth-child(n){display:none}'],
  ['importance', `<p class="x" style="display:block">${TEXT}</p>`, '.x{display:none !important}'],
  ['a template', `<template><p>${TEXT}</p></template>`],
  ['a page without scripts', `<noscript><p>${TEXT}</p></noscript>`],
  ['a closed dialog', `<dialog><p>${TEXT}</p></dialog>`],
  ['an attribute', `<p title="${TEXT}">x</p>`],
  ['a comment', `<!-- ${TEXT} -->`],
  ['generated content', '<p class="x"></p>', `.x::before{content:"${TEXT}"}`],
  ['some of its words hidden', `<p>Northwind <span style="display:none">is</span> in beta.</p>`],
  ['some of its words for the eye only', `<p>Northwind <span aria-hidden="true">is</span> in beta.</p>`],
];

describe('what must be seen is missing when it is kept from anybody', () => {
  test.each(HIDINGS)('by %s', (_, html, style = '') => {
    expect(missing(without(html, style))).toBe(true);
  });

  test.each<Hiding>([
    ['as it is', `<p>${TEXT}</p>`],
    ['with parts of it marked', '<p>Northwind is <em>in</em> beta.</p>'],
    ['in what a reader opens', `<details><summary data-cta-id="faq-beta">Beta?</summary><p>${TEXT}</p></details>`],
    ['white on dark', `<div style="background:#222"><p style="color:#fff">${TEXT}</p></div>`],
    ['on a picture', `<div style="background:url(a.png)"><p style="color:#fff">${TEXT}</p></div>`],
    ['shown in spite of a class', `<p class="x" style="display:block">${TEXT}</p>`, '.x{display:none}'],
    ['shown by a later rule', `<p class="x">${TEXT}</p>`, '.x{display:none}p.x{display:block}'],
    ['hidden on paper only', `<p class="x">${TEXT}</p>`, '@media print{.x{display:none}}'],
    ['hidden under the pointer only', `<p class="x">${TEXT}</p>`, '.x:hover{opacity:0}'],
    ['with another class hidden', `<p class="xy">${TEXT}</p>`, '.x{display:none} p .xy, .z > .xy{display:none}'],
    ['small in a line without size', `<p style="font-size:0"><span style="font-size:14px">${TEXT}</span></p>`],
    ['visible in what is not', `<div style="visibility:hidden"><p style="visibility:visible">${TEXT}</p></div>`],
    ['next to an ornament', `<p>${TEXT} <span aria-hidden="true">→</span></p>`],
  ])('but not %s', (_, html, style = '') => {
    expect(missing(without(html, style))).toBe(false);
  });
});
