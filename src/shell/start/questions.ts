/** The questions of `mhub init`, each with the answer that an empty line stands for. */
import { createInterface } from 'node:readline';
import { Usage } from '../../core/errors.ts';
import type { Answers } from './blueprint.ts';

interface Question {
  readonly ask: string;
  /** Shown in brackets; undefined where an empty line leaves the answer out. */
  readonly instead: (defaults: Answers) => string | undefined;
  readonly take: (answer: string) => Partial<Answers>;
}

const QUESTIONS: Readonly<Record<'name' | 'siteUrl' | 'offer' | 'audience' | 'channels', Question>> = {
  name: { ask: 'Name of the brand', instead: ({ name }) => name, take: (name) => ({ name }) },
  siteUrl: {
    ask: 'Address of the site, such as https://acme.com; empty for a reserved example address',
    instead: () => undefined,
    take: (siteUrl) => ({ siteUrl }),
  },
  offer: { ask: 'What is offered', instead: ({ offer }) => offer, take: (offer) => ({ offer }) },
  audience: { ask: 'Whom it is for', instead: ({ audience }) => audience, take: (audience) => ({ audience }) },
  channels: {
    ask: 'Channels',
    instead: ({ channels }) => channels.join(', '),
    take: (list) => ({ channels: list.split(/[\s,]+/).filter((id) => id !== '') }),
  },
};

/** @param prompt  asks one question; undefined when there is nobody to answer any more */
export async function askWith(
  prompt: (question: string) => Promise<string | undefined>,
  given: Partial<Answers>,
  defaults: Answers,
): Promise<Partial<Answers>> {
  let answers = given;
  for (const [key, { ask, instead, take }] of Object.entries(QUESTIONS)) {
    if (key in given) continue;
    const shown = instead(defaults);
    const answer = await prompt(shown === undefined ? `${ask}: ` : `${ask} [${shown}]: `);
    if (answer === undefined) throw new Usage('the questions were not answered, so nothing was written');
    if (answer.trim() !== '') answers = { ...answers, ...take(answer.trim()) };
  }
  return answers;
}

export async function ask(given: Partial<Answers>, defaults: Answers): Promise<Partial<Answers>> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  terminal.once('SIGINT', () => {
    terminal.close();
    // Gone as by any other Ctrl-C, now that the terminal is as it was.
    process.kill(process.pid, 'SIGINT');
  });
  // Keeps lines that were pasted ahead of their question.
  const lines = terminal[Symbol.asyncIterator]();
  try {
    return await askWith(
      async (question) => {
        terminal.setPrompt(question);
        terminal.prompt();
        const { done, value } = await lines.next();
        return done ? undefined : value;
      },
      given,
      defaults,
    );
  } finally {
    terminal.close();
  }
}
