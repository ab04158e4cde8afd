import type { Relocation, RelocationStatus } from '../../gateway/relocation.ts';
import type { SiteGateway } from '../../src/site/parts.ts';

/** A gateway that keeps what it is told and writes down every call, one a line. */
export interface GatewayRecorder extends SiteGateway {
  readonly calls: string[];
}

export function createGatewayRecorder(): GatewayRecorder {
  const calls: string[] = [];
  const relocations = new Map<string, Relocation>();
  return {
    calls,
    facts: () => ({
      tunnelAddress: '198.51.100.2',
      networks: [{ name: 'lan', defaultGatewayMac: '00:00:5e:00:01:01' }],
    }),
    put: async (relocation) => {
      calls.push(`put ${relocation.id} ${relocation.phase}`);
      relocations.set(relocation.id, relocation);
      return statusOf(relocation);
    },
    get: async (id) => {
      const relocation = relocations.get(id);
      return relocation === undefined ? null : statusOf(relocation);
    },
    list: async () => [...relocations.values()].map(statusOf),
    held: (workload) => [...relocations.values()].filter((each) => each.workload === workload),
    probe: async () => ({ heldBy: null }),
    sessions: async () => [],
    answers: async () => true,
    follow: async (workload, guest) => void calls.push(`follow ${workload} ${guest}`),
  };
}

const statusOf = ({ id, role, phase, sessions }: Relocation): RelocationStatus => ({
  id,
  role,
  desired: phase,
  converged: true,
  differences: [],
  carries: 'local',
  sessions,
  lastNewSessionSeconds: null,
  switchedAtSeconds: null,
});
