import type { FastifyInstance } from 'fastify';
import type { Plan } from '../../planners/plan/plan.ts';
import { sentenceOf } from '../../planners/plan/reasons.ts';
import { formatSeconds } from '../../topology/units.ts';
import type { RunService } from '../runs/service.ts';
import { endsOf, type MoveStatus, type RunStatus } from '../runs/status.ts';
import type { RunRecord } from '../runs/store/records.ts';
import { type Html, html } from './html.ts';
import { liveScript, style } from './static.ts';

/** The pages people look at: rendered here, kept live by server-sent events where scripts run. */
export function addPages(server: FastifyInstance, service: RunService): void {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    'referrer-policy': 'no-referrer',
  };
  server.get('/', async (_request, reply) => {
    await reply.headers(headers).send(runsPage(await service.runs()).text);
  });
  server.get<{ Params: { id: string } }>('/runs/:id', async ({ params }, reply) => {
    const [status, plan] = await Promise.all([service.show(params.id), service.plan(params.id)]);
    await reply.headers(headers).send(runPage(status, plan).text);
  });
  server.get('/style.css', async (_request, reply) => {
    await reply.type('text/css').send(style);
  });
  server.get('/live.js', async (_request, reply) => {
    await reply.type('text/javascript').send(liveScript);
  });
}

function runsPage(runs: readonly RunRecord[]): Html {
  const rows = runs.map(
    ({ id, state, createdAtSeconds, endedAtSeconds }) =>
      html`<tr><td><a href="/runs/${id}">${id}</a></td><td class="${state}">${state}</td><td>${timeOf(createdAtSeconds)}</td><td>${timeOf(endedAtSeconds)}</td></tr>\n`,
  );
  const none = html`<p>None yet. <code>longhaul run PLAN</code> begins one.</p>`;
  const table = html`<table><thead><tr><th>run</th><th>state</th><th>begun</th><th>ended</th></tr></thead><tbody>${rows}</tbody></table>`;
  return page('Runs', html`<h1>Runs</h1>${runs.length === 0 ? none : table}`);
}

function runPage({ run, plan: { name, hash }, moves }: RunStatus, plan: Plan): Html {
  const decisions = new Map(plan.moves.map((move) => [move.workload, move.decision]));
  const rows = moves.map((move) => {
    const because = decisions.get(move.workload)?.because.map(sentenceOf).join('; ') ?? '';
    return moveRow(move, because);
  });
  const settle =
    run.settle === null ? null : html`<p class="needs-person">To settle it: <code>${run.settle}</code></p>`;
  return page(
    run.id,
    html`<h1>${run.id}</h1>
<p>Plan ${name}, <code>${hash.slice(0, 12)}</code>, <span id="state" class="${run.state}">${run.state}</span></p>${settle}
<table id="moves" data-run="${run.id}"><thead><tr><th>workload</th><th>method</th><th>from</th><th>to</th><th>progress</th><th>now</th><th>pause</th><th>predicted</th><th>why this way</th></tr></thead><tbody>${rows}</tbody></table>
<p><a href="/api/runs/${run.id}/journal">journal</a> · <a href="/api/runs/${run.id}/plan">plan</a></p>
<script src="/live.js"></script>`,
  );
}

function page(title: string, body: Html): Html {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><link rel="stylesheet" href="/style.css"></head>
<body><header><a href="/">Longhaul</a></header><main>${body}</main></body></html>`;
}

function moveRow(move: MoveStatus, because: string): Html {
  const { pauseSeconds } = move.predicted;
  const predicted =
    pauseSeconds === null ? '' : `${formatSeconds(pauseSeconds.p10)}–${formatSeconds(pauseSeconds.p90)}`;
  const measured = move.measured.pauseSeconds === null ? '' : formatSeconds(move.measured.pauseSeconds);
  return html`<tr data-workload="${move.workload}"><td>${move.workload}</td><td>${move.method}</td><td>${endsOf(move).from}</td><td>${endsOf(move).to}</td><td><progress max="1" value="${move.doneRatio}"></progress></td><td class="now ${move.state}">${nowText(move)}</td><td>${measured}</td><td>${predicted}</td><td>${because}</td></tr>\n`;
}

function nowText({ state, step, text }: MoveStatus): string {
  if (state === 'waiting' || state === 'moved') return state;
  if (state === 'moving' || state === 'landed') return step ?? state;
  return `${state}: ${text}`;
}

const timeOf = (seconds: number | null): string =>
  seconds === null ? '' : new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
