import { expect, test } from 'vitest';
import { parseSource } from '../../../topology/load/document.ts';

const parsed = (text: string) => parseSource({ file: 'x', text });

test('positions are those of values and of keys, from 1', () => {
  const { document } = parsed('a: 1\nlist:\n  - name: first\n  - { name: "second", deep: { x: 1 } }\n');
  expect(document?.positionOf(['a'])).toEqual({ line: 1, column: 4 });
  expect(document?.positionOf(['list', 1, 'name'])).toEqual({ line: 4, column: 13 });
  expect(document?.positionOfKey(['list', 1, 'deep'])).toEqual({ line: 4, column: 23 });
  expect(document?.positionOf([])).toEqual({ line: 1, column: 1 });
});

test('what is missing is where it would be added: at what should hold it', () => {
  const { document } = parsed('list:\n  - name: first\n');
  expect(document?.positionOf(['list', 0, 'rtt'])).toEqual({ line: 2, column: 5 });
  expect(document?.positionOf(['list', 7, 'rtt'])).toEqual({ line: 2, column: 3 });
});

test('JSON is read as YAML would read it, and its positions are found the same way', () => {
  const text = '{\n\t"a": [1, "two", true, null],\n\t"b": { "c": -1.5e3 }\n}\n';
  const json = parsed(text);
  const yaml = parsed(`# so that it is not JSON\n${text}`);
  expect(json.document?.value).toEqual({ a: [1, 'two', true, null], b: { c: -1500 } });
  expect(yaml.document?.value).toEqual(json.document?.value);
  expect(json.document?.positionOf(['b', 'c'])).toEqual({ line: 3, column: 14 });
  expect(json.document?.positionOfKey(['b', 'c'])).toEqual({ line: 3, column: 9 });
});

test('a key that stands twice in JSON is told, though JSON.parse would not', () => {
  expect(parsed('{ "a": 1, "b": ": \\" :", "a": 2 }').problems).toEqual([
    {
      file: 'x',
      line: 1,
      column: 26,
      path: '',
      wrong: 'this key stands here a second time',
      right: 'keep one of the two',
    },
  ]);
});

test('aliases stand for their anchors, also in positions', () => {
  const { document, problems } = parsed('a: &one { x: 1 }\nb: *one\nc: [*one, *one]\n');
  expect(problems).toEqual([]);
  expect(document?.value).toEqual({ a: { x: 1 }, b: { x: 1 }, c: [{ x: 1 }, { x: 1 }] });
  expect(document?.positionOf(['c', 1, 'x'])).toEqual({ line: 1, column: 14 });
});

test('an alias inside its own anchor ends', () => {
  expect(
    parsed('a: &one [*one]\n').problems.map(({ line, column, wrong }) => `${line}:${column} ${wrong}`),
  ).toEqual(['1:10 is nested more than 32 deep']);
});

test('a key named __proto__ is a key like any other', () => {
  expect(Object.keys(parsed('__proto__: { polluted: true }\n').document?.value as object)).toEqual([
    '__proto__',
  ]);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test('a file beyond the limit is refused unread', () => {
  const { document, problems } = parsed(' '.repeat(64 * 2 ** 20 + 1));
  expect(document).toBeNull();
  expect(problems.map(({ wrong }) => wrong)).toEqual(['has 67108865 characters, 67108864 are read']);
});

test('YAML 1.2: yes, no and 22:00 are words', () => {
  expect(parsed('a: yes\nb: no\nc: 22:00\nd: 0o17\n').document?.value).toEqual({
    a: 'yes',
    b: 'no',
    c: '22:00',
    d: 15,
  });
});
