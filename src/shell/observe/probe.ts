/**
 * What runs inside a page that is examined: one object with a few methods, evaluated by the debugger, after axe. It is
 * text, for it never runs in this process, and it adds nothing to the page that a style or a selector could meet.
 */

/** Carries the number of an element from the source into the page; gone before anything is measured. */
export const MARK = 'data-mhub-examined-element';

/** A finding as the page tells it; what only the pixels can settle has a place and a colour. */
export interface ProbedFinding {
  readonly rule: string;
  readonly help: string;
  readonly selector: string;
  readonly element?: number;
  readonly contrast?: { readonly ratio: number; readonly required: number };
}

export interface DoubtfulText extends ProbedFinding {
  readonly required: number;
  /** Red, green and blue from 0 to 255, and alpha from 0 to 1, of the text. */
  readonly color: readonly [number, number, number, number];
  /** Places of its lines on the page. */
  readonly boxes: readonly {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }[];
  /** false: too little contrast does not prove a fault, for axe was not sure that this is text. */
  readonly isText: boolean;
}

export interface Probed {
  readonly violations: readonly ProbedFinding[];
  readonly undecided: readonly ProbedFinding[];
  readonly doubtful: readonly DoubtfulText[];
  readonly page: { readonly width: number; readonly height: number };
}

// Large text needs less: 24 px, or 18.66 px in bold. Source: WCAG 2.2, 1.4.3.
export const PROBE = String.raw`(() => {
  const elements = new WeakMap();
  const roots = (root) => [root, ...[...root.querySelectorAll('*')].flatMap((at) => (at.shadowRoot ? roots(at.shadowRoot) : []))];
  for (const root of roots(document)) {
    for (const element of root.querySelectorAll('[${MARK}]')) {
      elements.set(element, Number(element.getAttribute('${MARK}')));
      element.removeAttribute('${MARK}');
    }
  }
  for (const details of document.querySelectorAll('details')) details.open = true;

  const sheetOf = (css) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    return sheet;
  };
  const still = sheetOf('*, ::before, ::after { transition: none !important; caret-color: transparent !important }');
  const textless = sheetOf('*, ::before, ::after, ::marker { -webkit-text-fill-color: transparent !important; ' +
    '-webkit-text-stroke-color: transparent !important; text-decoration-color: transparent !important; text-shadow: none !important }');
  document.adoptedStyleSheets = [still];

  // As the reader sees it in the end: what ends has ended, what never ends has not begun.
  const holdStill = async () => {
    for (const animation of document.getAnimations()) {
      try { animation.finish(); } catch { animation.cancel(); }
    }
    await document.fonts.ready;
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  };

  const findingOf = (rule, node) => {
    const element = elements.get(node.element);
    return {
      rule: rule.id,
      help: rule.help,
      selector: node.target.flat().join(' '),
      ...(element === undefined ? {} : { element }),
    };
  };
  const neededBy = (style) => {
    const size = Number.parseFloat(style.fontSize);
    return size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
  };
  const dataOf = (node) => [...node.any, ...node.all, ...node.none].find(({ id }) => id === 'color-contrast')?.data ?? {};
  const measured = (rule, node) => {
    const { contrastRatio } = dataOf(node);
    const contrast = rule.id === 'color-contrast' && contrastRatio > 0
      ? { contrast: { ratio: contrastRatio, required: neededBy(getComputedStyle(node.element)) } } : {};
    return { ...findingOf(rule, node), ...contrast };
  };

  const boxesOf = (element) => [...element.childNodes]
    .filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== '')
    .flatMap((node) => {
      const range = document.createRange();
      range.selectNodeContents(node);
      return [...range.getClientRects()];
    })
    .filter(({ width, height }) => width >= 1 && height >= 1)
    .map(({ x, y, width, height }) => ({ x: x + scrollX, y: y + scrollY, width, height }));
  const ancestorsOf = (element) => {
    const parent = element?.parentElement ?? element?.getRootNode().host;
    return element ? [element, ...ancestorsOf(parent)] : [];
  };
  // With these the text is not drawn in its own colour alone.
  const isMixed = (element) => ancestorsOf(element).map((at) => getComputedStyle(at)).some((style) =>
    style.opacity !== '1' || style.filter !== 'none' || style.mixBlendMode !== 'normal');
  const doubtOf = (rule, node) => {
    const { messageKey } = dataOf(node);
    const { element } = node;
    const style = getComputedStyle(element);
    const color = /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/.exec(style.webkitTextFillColor);
    const boxes = boxesOf(element);
    const isCovered = ['elmPartiallyObscured', 'elmPartiallyObscuring'].includes(messageKey);
    if (!color || color[4] === '0' || boxes.length === 0 || isCovered || isMixed(element)) return undefined;
    return {
      ...findingOf(rule, node),
      required: neededBy(style),
      color: [Number(color[1]), Number(color[2]), Number(color[3]), Number(color[4] ?? 1)],
      boxes,
      isText: !['shortTextContent', 'nonBmp'].includes(messageKey),
    };
  };

  const luminance = (rgb) => {
    const [red, green, blue] = rgb.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratioOf = (pixel, [red, green, blue, alpha]) => {
    const text = [red, green, blue].map((value, at) => value * alpha + pixel[at] * (1 - alpha));
    const [dark, light] = [luminance(text), luminance(pixel)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };

  return {
    async look(only) {
      await holdStill();
      const { violations, incomplete } = await axe.run(document, {
        runOnly: only, resultTypes: ['violations', 'incomplete'], elementRef: true, iframes: false, preload: false,
      });
      const flat = (rules) => rules.flatMap((rule) => rule.nodes.map((node) => [rule, node]));
      const undecided = [];
      const doubtful = [];
      for (const [rule, node] of flat(incomplete)) {
        const doubt = rule.id === 'color-contrast' ? doubtOf(rule, node) : undefined;
        if (doubt) doubtful.push(doubt);
        else undecided.push(findingOf(rule, node));
      }
      const { scrollWidth, scrollHeight } = document.documentElement;
      return {
        violations: flat(violations).map(([rule, node]) => measured(rule, node)),
        undecided,
        doubtful,
        page: { width: Math.max(scrollWidth, innerWidth), height: Math.max(scrollHeight, innerHeight) },
      };
    },
    async hideText(hide) {
      document.adoptedStyleSheets = hide ? [still, textless] : [still];
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    },
    // Worst contrast of each text with what lies behind it; null where the picture does not show it.
    async contrasts(picture, texts) {
      const bytes = Uint8Array.from(atob(picture), (one) => one.charCodeAt(0));
      const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext('2d', { willReadFrequently: true });
      context.drawImage(image, 0, 0);
      const worst = (box, color) => {
        // Whole pixels only: one at the edge may show what lies beside the text.
        const left = Math.ceil(box.x);
        const top = Math.ceil(box.y);
        const width = Math.floor(box.x + box.width) - left;
        const height = Math.floor(box.y + box.height) - top;
        if (left < 0 || top < 0 || width < 1 || height < 1 || left + width > image.width || top + height > image.height) return NaN;
        const seen = new Set();
        let least = 21;
        const { data } = context.getImageData(left, top, width, height);
        for (let at = 0; at < data.length; at += 4) {
          const key = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
          if (seen.has(key)) continue;
          seen.add(key);
          least = Math.min(least, ratioOf([data[at], data[at + 1], data[at + 2]], color));
        }
        return least;
      };
      return texts.map(({ boxes, color }) => {
        const least = Math.min(...boxes.map((box) => worst(box, color)));
        return Number.isNaN(least) ? null : least;
      });
    },
  };
})()`;
