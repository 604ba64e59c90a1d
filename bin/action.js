/** What action.yml starts: the command line of mhub, with what the step of a workflow gives. No shell is in between. */
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const { env } = process;

/** @param {string} name  as action.yml has it */
const inputOf = (name) => env[`INPUT_${name.toUpperCase()}`] ?? '';

/** @param {Record<string, string | number>} values */
function setOutputs(values) {
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value}\n`);
  if (env.GITHUB_OUTPUT) appendFileSync(env.GITHUB_OUTPUT, lines.join(''));
}

/**
 * git asks this helper for the repository's own server, and for no other.
 *
 * @param {string} token
 */
function giveToGit(token) {
  const place = Number(env.GIT_CONFIG_COUNT ?? 0);
  env.GIT_CONFIG_COUNT = String(place + 1);
  env[`GIT_CONFIG_KEY_${place}`] = `credential.${env.GITHUB_SERVER_URL ?? 'https://github.com'}.helper`;
  env[`GIT_CONFIG_VALUE_${place}`] = '!printf "username=x-access-token\\npassword=%s\\n" "$GITHUB_TOKEN" #';
  env.GITHUB_TOKEN = token;
}

const words = inputOf('command').split(/\s+/);
const token = inputOf('token');
if (token !== '') giveToGit(token);
delete env.INPUT_TOKEN;
process.chdir(inputOf('working-directory') || '.');

// A run writes its own numbers later, and the last ones count; what ends before that has made nothing.
setOutputs({ commits: 0, published: 0 });
process.on('exit', (code) => setOutputs({ exit_code: code }));

const main = new URL('./mhub.js', import.meta.url);
process.argv = [process.execPath, fileURLToPath(main), ...words.filter((word) => word !== '')];
await import(main.href);
