import { expect, test } from 'vitest';
import { markup, renderHtml, renderText } from './render.ts';

test('values are escaped in HTML and left alone in text', () => {
  const view = { name: '<b>"A" & B</b>' };
  expect(renderHtml('<p title="{{name}}">{{name}}</p>', view)).toBe(
    '<p title="&lt;b&gt;&quot;A&quot; &amp; B&lt;/b&gt;">&lt;b&gt;&quot;A&quot; &amp; B&lt;/b&gt;</p>',
  );
  expect(renderText('{{name}}', view)).toBe('<b>"A" & B</b>');
});

test('markup that our own code made is inserted as it is', () => {
  expect(renderHtml('<style>{{css}}</style>', { css: markup('a>b{c:"d"}') })).toBe('<style>a>b{c:"d"}</style>');
});

test('an HTML template cannot insert a value unescaped', () => {
  expect(() => renderHtml('<p>{{{name}}}</p>', { name: 'x' })).toThrow('unescaped');
  expect(() => renderHtml('<p>{{~& name}}</p>', { name: 'x' })).toThrow('unescaped');
});

test('a value that the view does not have is an error, not a gap', () => {
  expect(() => renderHtml('<p>{{nmae}}</p>', { name: 'x' })).toThrow('nmae');
});

test('a template reaches no prototype', () => {
  expect(renderHtml('{{constructor}}', {})).toBe('');
  expect(renderHtml('{{#with (lookup this "constructor")}}{{name}}{{/with}}', {})).toBe('');
});
