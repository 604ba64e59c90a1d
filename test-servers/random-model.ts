/**
 * A language model of random weights in the GGUF format: a real file that a real runtime loads and samples from, and
 * that says nothing of sense. The same words and seed give the same bytes.
 */

const EMBEDDING = 32;
const HEADS = 2;
const FEED_FORWARD = 64;
export const CONTEXT = 16_384;

/** Types of values, by GGUF's numbers. */
const U32 = 4;
const I32 = 5;
const F32 = 6;
const STRING = 8;
const ARRAY = 9;
const ALIGNMENT = 32;

type Value = readonly [type: number, value: number | string | readonly (number | string)[], element?: number];

class Writer {
  private readonly parts: Buffer[] = [];
  length = 0;

  bytes(bytes: Buffer): void {
    this.parts.push(bytes);
    this.length += bytes.length;
  }
  u32(value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    this.bytes(bytes);
  }
  u64(value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    this.bytes(bytes);
  }
  f32(value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    this.bytes(bytes);
  }
  text(value: string): void {
    const bytes = Buffer.from(value);
    this.u64(bytes.length);
    this.bytes(bytes);
  }
  value([type, value, element = STRING]: Value): void {
    if (Array.isArray(value)) {
      this.u32(element);
      this.u64(value.length);
      for (const one of value as readonly (number | string)[]) this.value([element, one]);
    } else if (type === STRING) this.text(String(value));
    else if (type === F32) this.f32(Number(value));
    else this.u32(Number(value));
  }
  align(): void {
    this.bytes(Buffer.alloc((ALIGNMENT - (this.length % ALIGNMENT)) % ALIGNMENT));
  }
  whole(): Buffer {
    return Buffer.concat(this.parts);
  }
}

/** Numbers of a normal-ish distribution around 0 (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => (next() + next() + next() - 1.5) * 0.5;
}

interface Token {
  readonly text: string;
  readonly score: number;
  /** 1 normal, 2 unknown, 3 control, 6 byte. */
  readonly type: number;
}

/** Bytes, characters, and the words with all of their beginnings, for the tokenizer joins two pieces at a time. */
function vocabulary(words: readonly string[]): Token[] {
  const special: Token[] = [
    { text: '<unk>', score: 0, type: 2 },
    { text: '<s>', score: 0, type: 3 },
    { text: '</s>', score: 0, type: 3 },
  ];
  const bytes = Array.from({ length: 256 }, (_, byte): Token => {
    return { text: `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`, score: 0, type: 6 };
  });
  const characters = [...Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)), '▁'];
  const beginnings = words.flatMap((word) =>
    Array.from({ length: word.length }, (_, index) => `▁${word.slice(0, index + 1)}`),
  );
  const pieces = [...new Set([...characters, ...beginnings])];
  return [...special, ...bytes, ...pieces.map((text): Token => ({ text, score: text.length, type: 1 }))];
}

/** @param words  what the model can read and say in one token each */
export function randomModel(words: readonly string[], seed = 1): Buffer {
  const tokens = vocabulary(words);
  const header: readonly (readonly [string, Value])[] = [
    ['general.architecture', [STRING, 'llama']],
    ['general.name', [STRING, 'random']],
    ['llama.context_length', [U32, CONTEXT]],
    ['llama.embedding_length', [U32, EMBEDDING]],
    ['llama.block_count', [U32, 1]],
    ['llama.feed_forward_length', [U32, FEED_FORWARD]],
    ['llama.attention.head_count', [U32, HEADS]],
    ['llama.attention.head_count_kv', [U32, HEADS]],
    ['llama.attention.layer_norm_rms_epsilon', [F32, 1e-5]],
    ['llama.rope.dimension_count', [U32, EMBEDDING / HEADS]],
    ['llama.vocab_size', [U32, tokens.length]],
    ['tokenizer.ggml.model', [STRING, 'llama']],
    ['tokenizer.ggml.tokens', [ARRAY, tokens.map(({ text }) => text), STRING]],
    ['tokenizer.ggml.scores', [ARRAY, tokens.map(({ score }) => score), F32]],
    ['tokenizer.ggml.token_type', [ARRAY, tokens.map(({ type }) => type), I32]],
    ['tokenizer.ggml.unknown_token_id', [U32, 0]],
    ['tokenizer.ggml.bos_token_id', [U32, 1]],
    ['tokenizer.ggml.eos_token_id', [U32, 2]],
  ];
  const block = 'blk.0.';
  const tensors: readonly (readonly [string, readonly number[]])[] = [
    ['token_embd.weight', [EMBEDDING, tokens.length]],
    ['output_norm.weight', [EMBEDDING]],
    ['output.weight', [EMBEDDING, tokens.length]],
    [`${block}attn_norm.weight`, [EMBEDDING]],
    [`${block}attn_q.weight`, [EMBEDDING, EMBEDDING]],
    [`${block}attn_k.weight`, [EMBEDDING, EMBEDDING]],
    [`${block}attn_v.weight`, [EMBEDDING, EMBEDDING]],
    [`${block}attn_output.weight`, [EMBEDDING, EMBEDDING]],
    [`${block}ffn_norm.weight`, [EMBEDDING]],
    [`${block}ffn_gate.weight`, [EMBEDDING, FEED_FORWARD]],
    [`${block}ffn_up.weight`, [EMBEDDING, FEED_FORWARD]],
    [`${block}ffn_down.weight`, [FEED_FORWARD, EMBEDDING]],
  ];
  const writer = new Writer();
  writer.bytes(Buffer.from('GGUF'));
  writer.u32(3);
  writer.u64(tensors.length);
  writer.u64(header.length);
  for (const [key, value] of header) {
    writer.text(key);
    writer.u32(value[0]);
    writer.value(value);
  }
  let offset = 0;
  const sizeOf = (dimensions: readonly number[]): number => dimensions.reduce((size, one) => size * one, 4);
  for (const [name, dimensions] of tensors) {
    writer.text(name);
    writer.u32(dimensions.length);
    for (const one of dimensions) writer.u64(one);
    writer.u32(0);
    writer.u64(offset);
    offset += Math.ceil(sizeOf(dimensions) / ALIGNMENT) * ALIGNMENT;
  }
  writer.align();
  const random = randomNumbers(seed);
  for (const [name, dimensions] of tensors) {
    const isNorm = name.endsWith('norm.weight');
    const values = Float32Array.from({ length: sizeOf(dimensions) / 4 }, () => (isNorm ? 1 : random()));
    writer.bytes(Buffer.from(values.buffer));
    writer.align();
  }
  return writer.whole();
}
