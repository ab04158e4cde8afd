import { z } from 'zod';
import { estimateInputSchema, observationSchema } from '../../planners/estimate/observation.ts';
import { faultsFileSchema } from '../../src/rehearsal/faults.ts';
import { agentFileSchema } from '../../src/site/configuration.ts';
import { runbookFile } from '../../topology/schema/runbook.ts';
import { topologyFile } from '../../topology/schema/topology.ts';

/** JSON Schemas of the files people and programs write, as they are written (units and all), by file name. */
export function jsonSchemas(): ReadonlyMap<string, string> {
  const schemas = {
    topology: topologyFile,
    runbook: runbookFile,
    agent: agentFileSchema,
    faults: faultsFileSchema,
    'estimate-input': estimateInputSchema,
    observation: observationSchema,
  };
  return new Map(
    Object.entries(schemas).map(([name, schema]) => [
      `${name}.schema.json`,
      `${JSON.stringify(jsonSchema(schema), null, 2)}\n`,
    ]),
  );
}

/** zod leaves examples out where a text is read into a number; an editor that completes wants them. */
function jsonSchema(schema: z.ZodType) {
  return z.toJSONSchema(schema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema: json }) => {
      const examples = z.globalRegistry.get(zodSchema)?.['examples'];
      if (Array.isArray(examples) && json['examples'] === undefined) json['examples'] = examples;
    },
  });
}
