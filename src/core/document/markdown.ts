/** Markdown (CommonMark with GitHub's additions) as the HTML it becomes, with every character's place kept. */
import type { Nodes, Parents, Root } from 'mdast';
import type { DocumentElement, DocumentPart, TextBlock } from '../contracts.ts';
import { asWritten, joinMapped, type Mapped, remap, replaceMapped } from '../mapped.ts';
import { readHtml } from './html.ts';
import { align, alignVerbatim } from './parse.ts';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: Mapped): Mapped => replaceMapped(text, /[&<>"]/g, (sign) => escapes[sign] ?? sign);

/** Elements that GitHub shows as they are written. */
const SHOWN_AS_WRITTEN = /<(?=\/?(?:title|textarea|style|xmp|iframe|noembed|noframes|script|plaintext)(?![\w-]))/gi;

type Definition = Extract<Nodes, { type: 'definition' }>;
type Image = Extract<Nodes, { type: 'image' | 'imageReference' }>;
type Target = Extract<Nodes, { type: 'definition' | 'link' | 'image' }>;

class Writer {
  readonly #source: string;
  readonly #definitions: ReadonlyMap<string, Definition>;

  constructor(source: string, root: Root) {
    this.#source = source;
    this.#definitions = new Map(definitionsIn(root).map((definition) => [definition.identifier, definition]));
  }

  write(node: Nodes): Mapped {
    switch (node.type) {
      case 'text':
        return escaped(this.#text(node, node.value));
      case 'html':
        return replaceMapped(this.#text(node, node.value), SHOWN_AS_WRITTEN, () => '&lt;');
      case 'inlineCode':
        return this.#around(node, 'code', [escaped(this.#code(node, node.value, /^`+/))]);
      case 'code':
        return this.#around(node, 'pre', [escaped(this.#code(node, node.value, /^(?:`{3,}|~{3,}).*/))]);
      case 'heading':
        return this.#around(node, `h${node.depth}`, this.#children(node));
      case 'list':
        return this.#around(node, node.ordered ? 'ol' : 'ul', this.#children(node));
      case 'table':
        return this.#around(
          node,
          'table',
          node.children.map((row, index) =>
            this.#around(
              row,
              'tr',
              row.children.map((cell) => this.#around(cell, index === 0 ? 'th' : 'td', this.#children(cell))),
            ),
          ),
        );
      case 'link':
        return this.#link(node, node, this.#children(node));
      case 'linkReference':
        return this.#link(node, this.#definitions.get(node.identifier), this.#children(node));
      case 'image':
        return this.#image(node, node);
      case 'imageReference':
        return this.#image(node, this.#definitions.get(node.identifier));
      case 'break':
        return this.#tag(node, '<br>');
      case 'thematicBreak':
        return this.#tag(node, '<hr>');
      case 'definition':
      case 'footnoteReference':
      case 'yaml':
        return this.#tag(node, '');
      case 'root':
        return joinMapped([this.#tag(node, ''), ...this.#children(node)]);
      default:
        return this.#around(node, TAGS[node.type] ?? 'div', 'children' in node ? this.#children(node) : []);
    }
  }

  #children(node: Parents): Mapped[] {
    return node.children.map((child) => this.write(child));
  }

  #range(node: Nodes): readonly [number, number] {
    return [node.position?.start.offset ?? 0, node.position?.end.offset ?? this.#source.length];
  }

  #text(node: Nodes, text: string, skip = 0): Mapped {
    const [start, end] = this.#range(node);
    return { text, map: align(this.#source, start + skip, end, text) };
  }

  /** @param fence  what goes before the code, and may have the same signs */
  #code(node: Nodes, text: string, fence: RegExp): Mapped {
    const [start, end] = this.#range(node);
    const from = start + (fence.exec(this.#source.slice(start, end))?.[0].length ?? 0);
    return { text, map: alignVerbatim(this.#source, from, end, text) };
  }

  /** Markup that the source spells otherwise: it stands where its node does. */
  #tag(node: Nodes, markup: string, atEnd = false): Mapped {
    const [start, end] = this.#range(node);
    return { text: markup, map: Array(markup.length + 1).fill(atEnd ? end : start) };
  }

  #around(node: Nodes, name: string, inner: readonly Mapped[], attributes: readonly Mapped[] = []): Mapped {
    return joinMapped([
      this.#tag(node, `<${name}`),
      ...attributes,
      this.#tag(node, '>'),
      ...inner,
      this.#tag(node, `</${name}>`, true),
    ]);
  }

  #attribute(node: Nodes, name: string, value: Mapped | undefined): Mapped[] {
    if (!value) return [];
    const end = value.map.at(-1) ?? 0;
    return [this.#tag(node, ` ${name}="`), escaped(value), { text: '"', map: [end, end] }];
  }

  /** The title of a link or image, which the node or its definition ends with. */
  #title(node: Nodes & { readonly title?: string | null }): Mapped | undefined {
    if (!node.title) return undefined;
    const [start, end] = this.#range(node);
    const quoted = TITLE_AT_END.exec(this.#source.slice(start, end));
    return this.#text(node, node.title, quoted ? quoted.index + 2 : 0);
  }

  #link(node: Nodes, to: Target | undefined, inner: readonly Mapped[]): Mapped {
    const attributes = [
      ...this.#attribute(node, 'href', this.#tag(node, to?.url ?? '')),
      ...(to ? this.#attribute(node, 'title', this.#title(to)) : []),
    ];
    return this.#around(node, 'a', inner, attributes);
  }

  #image(node: Image, to: Target | undefined): Mapped {
    return joinMapped([
      this.#tag(node, '<img'),
      ...this.#attribute(node, 'src', this.#tag(node, to?.url ?? '')),
      ...this.#attribute(node, 'alt', this.#text(node, node.alt ?? '', '!['.length)),
      ...(to ? this.#attribute(node, 'title', this.#title(to)) : []),
      this.#tag(node, '>'),
    ]);
  }
}

const TITLE_AT_END = /\s(?:"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|\((?:\\[\s\S]|[^()\\])*\))\s*\)?\s*$/;

const TAGS: Readonly<Partial<Record<Nodes['type'], string>>> = {
  paragraph: 'p',
  blockquote: 'blockquote',
  listItem: 'li',
  emphasis: 'em',
  strong: 'strong',
  delete: 's',
  footnoteDefinition: 'aside',
};

const definitionsIn = (node: Nodes): Definition[] => {
  if (node.type === 'definition') return [node];
  return 'children' in node ? node.children.flatMap(definitionsIn) : [];
};

const FRONT_MATTER = /^---\r?\n([\s\S]*?\r?\n)---[ \t]*(?:\r?\n|$)/;

const MATTER_LINE = /^[ \t]*(?:-[ \t]+)?(?:([\w-]+):(?:[ \t]+|$))?["']?(.*?)["']?[ \t\r]*$/;

/** Values of the YAML at the head of a file, which pages are titled and described with. */
function frontMatterBlocks(source: string, head: string): TextBlock[] {
  let next = 0;
  return head.split('\n').flatMap((line) => {
    const from = next;
    next += line.length + 1;
    const [, name = 'item', value = ''] = MATTER_LINE.exec(line) ?? [];
    if (!/\p{L}/u.test(value)) return [];
    const offset = from + line.lastIndexOf(value);
    const { text, map } = asWritten(source, offset, offset + value.length);
    return [{ text, map, scope: `${name}@front-matter`, markup: 'text.frontmatter.md', visible: true, offset }];
  });
}

export async function markdownPart(file: string, source: string): Promise<DocumentPart> {
  const [{ fromMarkdown }, { gfm }, { gfmFromMarkdown }] = await Promise.all([
    import('mdast-util-from-markdown'),
    import('micromark-extension-gfm'),
    import('mdast-util-gfm'),
  ]);
  const head = FRONT_MATTER.exec(source)?.[0] ?? '';
  const body = head.replace(/[^\r\n]/g, ' ') + source.slice(head.length);
  const root = fromMarkdown(body, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  const page = new Writer(source, root).write(root);
  const { blocks, elements } = readHtml(page.text, 'md');
  const placed = (offset: number): number => page.map[offset] ?? 0;
  const inPlace = (block: TextBlock): TextBlock => {
    const { map } = remap(block, page);
    return { ...block, map, offset: map[0] ?? 0 };
  };
  return {
    file,
    format: 'markdown',
    source,
    blocks: [...frontMatterBlocks(source, head), ...blocks.map(inPlace)],
    elements: elements.map((element): DocumentElement => ({ ...element, offset: placed(element.offset) })),
  };
}
