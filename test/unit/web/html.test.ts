import { expect, test } from 'vitest';
import { html } from '../../../src/web/html.ts';

test('what is filled in is text, what was made by html is markup, null is nothing', () => {
  const items = ['a', '<b>', `"c" & 'd'`].map((name) => html`<li>${name}</li>`);
  expect(html`<ul title="${'"x"'}">${items}${null}${7}</ul>`.text).toBe(
    '<ul title="&quot;x&quot;"><li>a</li><li>&lt;b&gt;</li><li>&quot;c&quot; &amp; &#39;d&#39;</li>7</ul>',
  );
});
