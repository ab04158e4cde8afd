import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { observationsFrom } from '../planners/calibrate/observation-file.ts';
import { shippedModel } from '../planners/estimate/shipped-model.ts';
import { modesTable, tuningTable } from './measured-tables.ts';

/** The second half of `npm run model`: single measured moves beside the shipped model, docs/reference/measured-moves.md. */
const folders = ['examples/observations', 'examples/observations/judged'];
const observations = observationsFrom(
  folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.jsonl'))
      .sort()
      .map((name) => path.join(folder, name))
      .map((file) => ({ file, text: readFileSync(file, 'utf8') })),
  ),
);

writeFileSync(
  'docs/reference/measured-moves.md',
  [
    '# Measured moves beside their predictions',
    '',
    `Model \`${shippedModel.id}\`. Made by \`npm run model\`; not edited by hand. Predictions are P50 (P10 – P90) of the shipped model.`,
    'It has never seen moves that share a link, moves with disks, clones and cold moves, nor those in `judged/`; of the others it',
    'has, and [accuracy](accuracy.md) says how good it is on those it has not. Links: rate and round trip.',
    '',
    '## Tuned beside untuned',
    '',
    'Each scenario as it was drawn and with what `longhaul estimate --tune` proposed for it, in turn, twice each (`longhaul lab',
    'measure --tuned`); means of the repeats. Proposals are those of the model of their day. What they taught: a limit of 30 ms is',
    'too little for what any kernel rewrites on a slow link (`lab-34-00.0`); streams fill their sockets in spite of a cap and mostly',
    'lengthen the pause (`lab-29-00.1`, `lab-29-00.3`, `lab-64-01.1`), so that a proposal with them must now gain twice the stall,',
    'and a larger buffer with a cap for the rate that it gives is tried instead. `lab-67` was proposed after that. Where only some',
    'runs of a pair ended, the means are of those.',
    '',
    tuningTable(observations, shippedModel),
    '## Modes',
    '',
    modesTable(observations, shippedModel),
  ].join('\n'),
);
