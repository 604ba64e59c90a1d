/** Part of `npm run gen`: docs/posts.md. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './own.ts';
import { postsPage, thirtyPosts } from './posts.ts';

writeFileSync(join(ROOT, 'docs/posts.md'), postsPage(await thirtyPosts()));
