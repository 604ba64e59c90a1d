/** PDFs as a reader, a screen reader and a printer meet them. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { getDocumentProxy } from 'unpdf';
import type { Browser } from './browser.ts';

/** Millimetres from the top of the first page. */
export interface Extent {
  readonly top: number;
  readonly bottom: number;
  readonly start: number;
  readonly end: number;
}

export interface ReadPdf {
  readonly pages: number;
  /** Of the first page, in millimetres. */
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly language: string;
  readonly isTagged: boolean;
  /** Structure of the first page: H1, L, LI, P; groupings that mean nothing are left out. */
  readonly tags: readonly string[];
  /** Selectable text of the first page, line by line. */
  readonly text: string;
  /** Around all text of the first page. */
  readonly extent: Extent;
}

const MM_PER_POINT = 25.4 / 72;

interface TagNode {
  readonly role?: string;
  readonly children?: readonly TagNode[];
}

const rolesOf = ({ role, children = [] }: TagNode): string[] => [
  ...(role === undefined || role === 'NonStruct' ? [] : [role]),
  ...children.flatMap(rolesOf),
];

export async function readPdf(bytes: Uint8Array): Promise<ReadPdf> {
  // The reader keeps the buffer that it is given.
  const document = await getDocumentProxy(new Uint8Array(bytes));
  const { info } = (await document.getMetadata()) as { info: { Title?: string; Language?: string } };
  const marks = await document.getMarkInfo();
  const page = await document.getPage(1);
  const [left = 0, low = 0, right = 0, high = 0] = page.view;
  const items = (await page.getTextContent()).items.flatMap((item) => ('str' in item ? [item] : []));
  const written = items.filter(({ str }) => str.trim() !== '');
  const places = written.map(({ transform, width, height }) => ({
    x: Number(transform[4]) * MM_PER_POINT,
    y: (high - Number(transform[5])) * MM_PER_POINT,
    width: width * MM_PER_POINT,
    height: height * MM_PER_POINT,
  }));
  return {
    pages: document.numPages,
    width: (right - left) * MM_PER_POINT,
    height: (high - low) * MM_PER_POINT,
    title: info.Title ?? '',
    language: info.Language ?? '',
    isTagged: marks?.Marked === true,
    tags: rolesOf((await page.getStructTree()) as TagNode),
    text: items.map(({ str, hasEOL }) => (hasEOL ? `${str}\n` : str)).join(''),
    extent: {
      top: Math.min(...places.map(({ y, height }) => y - height)),
      bottom: Math.max(...places.map(({ y }) => y)),
      start: Math.min(...places.map(({ x }) => x)),
      end: Math.max(...places.map(({ x, width }) => x + width)),
    },
  };
}

const RENDER = (scale: number): string => `(async () => {
  const { getDocument } = await import('/pdf.mjs');
  const pdf = await getDocument({ url: '/sheet.pdf', isEvalSupported: false }).promise;
  const page = await pdf.getPage(1);
  const viewport = page.getViewport({ scale: ${scale} });
  const canvas = document.body.appendChild(document.createElement('canvas'));
  canvas.width = viewport.width;
  canvas.height = viewport.height;
  canvas.style.display = 'block';
  await page.render({ canvas, canvasContext: canvas.getContext('2d'), viewport }).promise;
})()`;

const PAGE = '<!DOCTYPE html><title>Sheet</title><link rel="icon" href="data:,"><body style="margin:0">';

/**
 * The first page as a picture.
 *
 * @param scale  pixels per point; 1.5 makes an A4 page 893 pixels wide
 * @returns      PNG
 */
export async function pictureOfPdf(browser: Browser, bytes: Uint8Array, scale: number): Promise<Buffer> {
  const library = await readFile(fileURLToPath(import.meta.resolve('unpdf/pdfjs')));
  const files: Readonly<Record<string, readonly [string, string | Uint8Array]>> = {
    '/': ['text/html', PAGE],
    '/pdf.mjs': ['text/javascript', library],
    '/sheet.pdf': ['application/pdf', bytes],
  };
  const server = createServer(({ url = '' }, response) => {
    const [type, content] = files[url] ?? ['text/plain', ''];
    response.writeHead(url in files ? 200 : 404, { 'content-type': type }).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { page, close } = await browser.visit(origin, { viewport: { width: 1800, height: 1200 } });
  try {
    await page.goto(`${origin}/`);
    await page.evaluate(RENDER(scale));
    return await page.locator('canvas').screenshot();
  } finally {
    await close();
    server.close();
  }
}
