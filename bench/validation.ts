/** Checking every file that people write, against nothing but parsing the same bytes. */
import { parse } from 'yaml';
import { checkInputs } from '../src/shell/open.ts';
import { workTreeSnapshot } from '../src/shell/snapshot.ts';
import { World } from '../src/shell/world.ts';
import { compare, type Row } from './measure.ts';
import { NOW } from './workspaces.ts';

const PEOPLE = /^(mhub\.yaml|(brands|campaigns|policies)\/.*\.yaml)$/;

export async function validation(root: string, rounds: number): Promise<Row[]> {
  const snapshot = workTreeSnapshot(root);
  const paths = [...snapshot.modes.keys()].filter((path) => PEOPLE.test(path));
  const texts = [...(await snapshot.read(paths)).values()].map((bytes) => Buffer.from(bytes).toString('utf8'));
  const bytes = texts.reduce((sum, text) => sum + text.length, 0);
  const rows = await compare(
    [
      {
        name: `yaml.parse of ${texts.length} files, ${Math.round(bytes / 1024)} KiB`,
        run: () => texts.map((text) => parse(text)),
      },
      {
        name: 'mhub validate of the same files, read, parsed, placed and checked',
        run: async () => {
          const { problems } = await checkInputs(new World(workTreeSnapshot(root)), NOW, 'main');
          if (problems.length > 0)
            throw new Error(problems.map(({ file, message }) => `${file}: ${message}`).join('\n'));
        },
      },
    ],
    rounds,
  );
  return rows;
}
