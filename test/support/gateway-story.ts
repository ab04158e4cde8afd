import type { GatewayAgent } from '../../gateway/agent/gateway-agent.ts';
import type { Relocation, Session } from '../../gateway/relocation.ts';

/** What a gateway is told in the course of one move, in order; each step can be asked for again. */
export interface StoryStep {
  readonly name: string;
  tell(agent: GatewayAgent, signal: AbortSignal): Promise<unknown>;
}

/** `sessions`: what the gateway to which the guest comes is handed before the cut. */
export function storyOf(
  relocation: Relocation,
  sessions: readonly Session[],
  { comesHome = false } = {},
): readonly StoryStep[] {
  const { role, workload } = relocation;
  const put = (phase: Relocation['phase']): StoryStep => ({
    name: phase,
    tell: (agent, signal) =>
      agent.put({ ...relocation, phase, sessions: isOpen(phase) ? sessions : [] }, signal),
  });
  const isOpen = (phase: Relocation['phase']) =>
    role === 'target' ? phase === 'prepared' || phase === 'following' : phase === 'returning';
  const follow = (guest: 'stopped' | 'runs'): StoryStep => ({
    name: `guest ${guest}`,
    tell: (agent) => agent.follow(workload, guest),
  });
  const isSource = role === 'source';
  const away = [
    put('prepared'),
    put('following'),
    follow(isSource ? 'stopped' : 'runs'),
    put('switched'),
    put('settled'),
  ];
  const home = [put('returning'), follow(isSource ? 'runs' : 'stopped'), put('returned')];
  return [...away, ...(comesHome ? home : []), put('absent')];
}

export const openSession: Session = {
  protocol: 'tcp',
  sourceAddress: '192.0.2.10',
  targetAddress: '10.1.0.50',
  sourcePort: 40_000,
  targetPort: 7000,
  state: 'ESTABLISHED',
  timeoutSeconds: 300,
};
