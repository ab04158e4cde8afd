import type { Placement, Plan } from '../../planners/plan/plan.ts';
import { LonghaulError } from '../../topology/errors.ts';

/**
 * Goals `place` and `burst` say where new copies are to start. A run moves what is there and starts nothing new: such a
 * plan is refused as a whole, and what a person has to start is told.
 */
export function refuseNewCopies({ name, placements, topology }: Plan): void {
  const wanted = placements.filter(({ decision }) => decision.chosen !== null);
  if (wanted.length === 0) return;
  const template = ({ workload }: Placement): string | undefined =>
    topology.workloads.find((each) => each.name === workload)?.clone?.template;
  const told = wanted.slice(0, toldMax).map((copy) => {
    const { site = '', host } = copy.decision.chosen ?? {};
    const addresses = copy.addresses.map(({ address }) => address).join(', ');
    return [
      `'${copy.name}' on ${host == null ? site : `${site}/${host}`}`,
      `from template '${template(copy) ?? copy.workload}'`,
      ...(addresses === '' ? [] : [`with ${addresses}`]),
    ].join(' ');
  });
  const more = wanted.length > toldMax ? [`${wanted.length - toldMax} more`] : [];
  throw new LonghaulError('LH_PLAN_STARTS_COPIES', [name, [...told, ...more].join('; ')], {
    settle: 'start them with your hypervisor, add them to the topology, and plan again',
  });
}

const toldMax = 10;
