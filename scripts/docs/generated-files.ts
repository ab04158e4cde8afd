import { errorsReference } from './errors-reference.ts';
import { agentReference, faultsReference, runbookReference, topologyReference } from './file-reference.ts';
import { jsonSchemas } from './json-schemas.ts';

/** Every file under docs/reference that is made from the code, by path. `npm run docs` writes them. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/reference/agent-file.md', agentReference()],
    ['docs/reference/errors.md', errorsReference()],
    ['docs/reference/faults-file.md', faultsReference()],
    ['docs/reference/runbook-file.md', runbookReference()],
    ['docs/reference/topology-file.md', topologyReference()],
    ...[...jsonSchemas()].map(([name, text]) => [`docs/reference/${name}`, text] as const),
  ]);
}
