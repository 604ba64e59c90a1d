import { expect, test } from 'vitest';
import { withoutAddress } from './fate.ts';

test.each([
  ['550 no such user c++dev@reader.example', 'c++dev@reader.example', '550 no such user <address>'],
  ['550 <C++Dev@Reader.Example>: rejected', 'c++dev@reader.example', '550 <<address>>: rejected'],
  ['550 mailbox "c++dev" unknown', 'c++dev@reader.example', '550 mailbox "<address>" unknown'],
  ['550 relay to reader.example denied', 'ada@reader.example', '550 relay to <address> denied'],
  ['451 see https://why.example/?to=bob%40x.example', 'ada@reader.example', '451 see <address>'],
  ['550 somebody@else.example complained', 'ada@reader.example', '550 <address> complained'],
  ['452 4.2.2 it\r\n is\tfull', 'it@reader.example', '452 4.2.2 it is full'],
])('%s says nothing of %s', (said, address, told) => {
  expect(withoutAddress(said, address)).toBe(told);
});
