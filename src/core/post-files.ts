/** The files of a social post, as channels that call a network need them. */
import type { Publication } from './contracts.ts';
import { altFile } from './document.ts';
import { fileText } from './site.ts';

export const PICTURE = 'card.png';

export const postText = (publication: Publication): string => fileText(publication, 'post.txt').trim();

/** What is said of the picture to whoever cannot see it. */
export const altText = (publication: Publication): string => fileText(publication, altFile(PICTURE)).trim();
