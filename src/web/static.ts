/** What the pages load beside themselves; constant, so that the content security policy can forbid all else. */
export const style = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; color: #1c2530; background: #fff; }
header { padding: .6rem 1.2rem; background: #14324a; }
header a { color: #fff; text-decoration: none; font-weight: 600; }
main { padding: 0 1.2rem 2rem; }
h1 { font-size: 1.3rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; vertical-align: top; border-bottom: 1px solid #dde3e8; }
progress { width: 9rem; }
code { background: #eef2f5; padding: 0 .25rem; }
.done, .moved { color: #1a6b35; }
.failed, .needs-person { color: #a3231c; }
.cancelled, .left { color: #8a5a00; }
@media (prefers-color-scheme: dark) {
  body { background: #11181e; color: #d8e0e6; }
  th, td { border-color: #2b3842; }
  code { background: #1d2831; }
  main a { color: #7db8e6; }
  .done, .moved { color: #6cc48a; }
  .failed, .needs-person { color: #f08a83; }
  .cancelled, .left { color: #e0b25c; }
}
`;

/** Moves the bars by the run's events; a bar never goes back. When the run has ended the page is asked for anew. */
export const liveScript = `
const table = document.getElementById('moves');
const source = new EventSource('/api/runs/' + encodeURIComponent(table.dataset.run) + '/events');
const rowOf = (workload) => table.querySelector('tr[data-workload="' + CSS.escape(workload) + '"]');
let begun = null;
source.addEventListener('progress', ({ data }) => {
  const event = JSON.parse(data);
  const row = event.workload === null ? null : rowOf(event.workload);
  if (row === null) return;
  const bar = row.querySelector('progress');
  bar.value = Math.max(bar.value, event.doneRatio);
  const away = event.convergence;
  const gauge = away === null ? '' : away <= 1 ? ', converged' : ', ' + away.toPrecision(2) + '× too much to converge';
  row.querySelector('.now').textContent = event.step + (event.text === '' ? '' : ': ' + event.text) + gauge;
});
source.addEventListener('run', ({ data }) => {
  const { state } = JSON.parse(data);
  const shown = document.getElementById('state');
  shown.textContent = state;
  shown.className = state;
  begun ??= state;
});
source.addEventListener('end', () => {
  source.close();
  if (begun === 'pending' || begun === 'running') location.reload();
});
`;
