import { z } from 'zod';
import { stepsOf } from '../../src/moves/methods.ts';
import { faultsFileSchema } from '../../src/rehearsal/faults.ts';
import { agentFileSchema } from '../../src/site/configuration.ts';
import { flow } from '../../topology/load/complaints.ts';
import { exampleOf, meaningOf, shapeOf } from '../../topology/schema/describe.ts';
import { runbookFile } from '../../topology/schema/runbook.ts';
import { topologyFile } from '../../topology/schema/topology.ts';

/** The reference pages of the files people write: every key, from the schemas themselves. */
type Schema = z.core.$ZodType;

export function topologyReference(): string {
  return `${topologyIntroduction}\n${sections(topologyFile, 'The file').join('\n')}`;
}

export function agentReference(): string {
  return `${agentIntroduction}\n${sections(agentFileSchema, 'The file').join('\n')}`;
}

export function faultsReference(): string {
  const steps = Object.entries(stepsOf).map(
    ([method, list]) => `- \`${method}\`: ${list.map(({ name }) => name).join(', ')}`,
  );
  const parts = sections(faultsFileSchema, 'The file');
  return `${faultsIntroduction}\n${parts.join('\n')}\n## Steps, by method\n\n${steps.join('\n')}\n`;
}

export function runbookReference(): string {
  const goals = runbookFile.options.flatMap((goal) => goalSection(goal));
  const common = { ...shapeOf(runbookFile.options[0]) };
  for (const key of Object.keys(common)) if (!isCommon(key)) Reflect.deleteProperty(common, key);
  return `${runbookIntroduction}\n${[...goals, ...sections(z.object(common), 'Keys of every goal')].join('\n')}`;
}

const isCommon = (key: string): boolean =>
  key !== 'goal' && runbookFile.options.every((goal) => Object.hasOwn(goal.shape, key));

function goalSection(goal: (typeof runbookFile.options)[number]): readonly string[] {
  const own = Object.fromEntries(Object.entries(shapeOf(goal)).filter(([key]) => !isCommon(key)));
  return sections(z.object(own), `Goal \`${goal.shape.goal.value}\``);
}

/** A table for a mapping, then one for each mapping inside it. */
function sections(schema: Schema, title: string): readonly string[] {
  const { core } = meaningOf(schema);
  const mapping = mappingIn(core);
  if (mapping === null) return [];
  const keys = Object.entries(shapeOf(mapping));
  const rows = keys.map(([key, inner]) => row(key, inner));
  const head = ['| key | what | value | default | example |', '| --- | --- | --- | --- | --- |'];
  const below = keys.flatMap(([key, inner]) =>
    sections(
      inner,
      title.startsWith('`')
        ? `${title.slice(0, -1)}.${key}${listMark(inner)}\``
        : `\`${key}${listMark(inner)}\``,
    ),
  );
  return [`## ${title}\n`, ...head, ...rows, '', ...below];
}

function mappingIn(core: Schema): z.ZodObject | null {
  if (core instanceof z.ZodObject) return core;
  if (core instanceof z.ZodArray) return mappingIn(meaningOf(core.element).core);
  if (core instanceof z.ZodRecord) return mappingIn(meaningOf(core.valueType).core);
  if (core instanceof z.ZodUnion && meaningOf(core).title === undefined)
    return (
      core.options.map((option) => mappingIn(meaningOf(option).core)).find((found) => found !== null) ?? null
    );
  return null;
}

function listMark(schema: Schema): string {
  const { core } = meaningOf(schema);
  return core instanceof z.ZodArray ? '[]' : core instanceof z.ZodRecord ? '.*' : '';
}

function row(key: string, schema: Schema): string {
  const { description, preset, isRequired } = meaningOf(schema);
  const hasOwnTable = mappingIn(meaningOf(schema).core) !== null;
  const example = hasOwnTable ? '' : code(exampleOf(schema));
  const standard = isRequired ? '**required**' : hasOwnTable || preset === undefined ? '' : code(preset);
  return `| \`${key}\` | ${cell(description ?? '')} | ${cell(kindOf(schema))} | ${standard} | ${example} |`;
}

function kindOf(schema: Schema): string {
  const { core, title } = meaningOf(schema);
  if (title !== undefined) return title;
  if (core instanceof z.ZodEnum) return core.options.map((option) => `\`${option}\``).join(', ');
  if (core instanceof z.ZodLiteral) return `\`${String(core.value)}\``;
  if (core instanceof z.ZodBoolean) return '`true` or `false`';
  if (core instanceof z.ZodNumber) return numberKind(core);
  if (core instanceof z.ZodArray)
    return mappingIn(core) === null ? `list: ${kindOf(core.element)}` : 'list, below';
  if (core instanceof z.ZodTuple) return `list of two: ${kindOf(core.def.items[0] ?? core)}`;
  if (core instanceof z.ZodRecord) return `mapping to ${kindOf(core.valueType)}`;
  if (core instanceof z.ZodObject) return 'mapping, below';
  if (core instanceof z.ZodUnion) return core.options.map(kindOf).join(', or ');
  return 'text';
}

function numberKind(core: z.ZodNumber): string {
  const noun = core.format === 'safeint' ? 'whole number' : 'number';
  const { minValue, maxValue } = core;
  const isBounded = (bound: number | null): bound is number =>
    bound !== null && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  if (isBounded(minValue) && isBounded(maxValue)) return `${noun}, ${minValue} to ${maxValue}`;
  if (isBounded(minValue)) return `${noun}, ${minValue} or more`;
  return noun;
}

const code = (value: unknown): string => (value === undefined ? '' : `\`${cell(flow(value))}\``);
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const values = `Values are written with their unit: bytes \`8 GiB\` (KiB, MiB … count in 1024, kB, MB … in 1000), time \`38 ms\` or \`38ms\`
(us, ms, s, min, h, d), link rates \`600 Mbit/s\`, byte rates \`12 MiB/s\`, power \`350 W\`, shares \`20 %\` or \`0.2\`, prices
\`0.02 EUR/GB\`, \`1.20 EUR/h\`, \`200 EUR\`. A date or a time of day always carries its offset from UTC
(\`2026-11-24T18:00:00+01:00\`, \`22:00Z\`). Secrets are references, \`env:NAME\` or \`file:PATH\`, never values.

Unknown keys are refused, and so are tags, several documents in one file, and keys that stand twice; anchors and
aliases may be used. Every problem is told at once as \`file:line:column: path: what is wrong; what would be right\`,
with exit code 2. JSON is read several times as fast as YAML: let programs write JSON.
`;

const topologyIntroduction = `# Topology file

What exists: sites, the links between them, the workloads on them, and the rules they live by. YAML or JSON.
\`longhaul check TOPOLOGY\` validates it; [topology.schema.json](topology.schema.json) completes it in an editor;
\`examples/storm/topology.yaml\` is one of three sites.

${values}
Where workloads are meant, names (\`[web-1, web-2]\`) or labels (\`{ labels: { app: shop } }\`: all that bear every one of
them) may be written. The order of entries never matters.
`;

const runbookIntroduction = `# Runbook file

What is wanted, and within which limits. One goal a file, with its own keys and those that every goal has. YAML or JSON.
\`longhaul check TOPOLOGY RUNBOOK\` validates it against a topology; [runbook.schema.json](runbook.schema.json) completes
it in an editor; \`examples/\` has one for each goal.

${values}`;

const agentIntroduction = `# Agent file

What the agent of one site mounts, where it listens, who may call it, and where it keeps what it must not forget. YAML or
JSON; \`longhaul agent --config FILE\` reads it once, at start. Paths are relative to the file;
[agent.schema.json](agent.schema.json) completes it in an editor.

\`\`\`yaml
format: longhaul-agent/1
site: paris
state: /var/lib/longhaul-agent
runtime: /run/longhaul-agent
listen: 10.1.1.1:7443
token: file:/etc/longhaul/agent.token
tls: { key: agent.key, certificate: agent.crt }
hosts:
  - name: paris-1
    hypervisor: qemu
    memory: 64 GiB
    images: /var/lib/longhaul/images
    networks: { lan: { bridge: br0 } }
    migration: { address: 10.1.2.2 }
dns:
  - name: ns1
    address: 10.1.0.53
    zones: [example.test, 1.10.in-addr.arpa]
    key: { name: lh-key, secret: 'file:paris.tsig' }
\`\`\`

A QEMU guest whose home is here is a file \`STATE/guests/HOST/WORKLOAD.json\`, written before the agent starts, later kept
by the agent: at the target it appears with \`resume\`, at the source it goes with \`discard\`.

\`\`\`json
{
  "format": "longhaul-guest/1", "workload": "web-1", "uuid": "6f1a3c1e-0000-4000-8000-000000000001",
  "memoryBytes": 2147483648, "vcpus": 2, "cpuModel": "qemu64", "machineType": "pc-q35-7.2",
  "kernel": null,
  "disks": [{ "name": "root", "storage": "san", "file": "web-1.qcow2", "format": "qcow2" }],
  "nics": [{ "mac": "52:54:00:12:34:56", "network": "lan" }],
  "heartbeat": { "kind": "serial", "prefix": "TICK" },
  "autostart": true
}
\`\`\`
`;

const faultsIntroduction = `# Faults file

What breaks in a rehearsal, and when. YAML or JSON; \`longhaul rehearse PLAN --faults FILE\` carries the plan out on
simulated sites in virtual time, and each fault comes to pass \`at\` a time after the start of the run, or when a workload
comes to a step of its move. [faults.schema.json](faults.schema.json) completes it in an editor;
\`examples/storm/faults.yaml\` breaks the evacuation that lies beside it.

\`\`\`yaml
format: longhaul-faults/1
workerSite: paris
faults:
  - { kind: agent-killed, site: reims, workload: db-1, step: transfer, after: 30 s, for: 20 s }
  - { kind: link-cut, link: paris-frankfurt, at: 1 h, for: 40 s }
\`\`\`

A link that is cut is silent: nothing arrives, nothing is refused. An agent or a worker that is killed goes as by
\`kill -9\`; guests and their streams go on without it. The same plan, faults and start give the same course.

${values}`;
