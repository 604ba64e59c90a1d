import { afterAll, test } from 'vitest';
import { play, removeFirstRun } from './play.ts';
import { scenarios } from './scenario.ts';

afterAll(removeFirstRun);

for (const scenario of scenarios()) test(scenario.answers.proves, () => play(scenario));
