import type { GatewayFacts, Relocation, RelocationStatus, Session } from '../relocation.ts';

export type GuestPresence = 'runs' | 'stopped' | 'waits';

/**
 * The gateway of one site as its site agent mounts it (src/site): the relocations of this site's guests, kept on disk
 * and in the kernel. Who may call, and with which claim, is the site agent's business.
 */
export interface GatewayAgent {
  /** Reads the desired state from disk and converges the kernel; from then on every change and a timer do. */
  start(signal: AbortSignal): Promise<void>;
  put(relocation: Relocation, signal: AbortSignal): Promise<RelocationStatus>;
  get(id: string, signal: AbortSignal): Promise<RelocationStatus | null>;
  list(signal: AbortSignal): Promise<readonly RelocationStatus[]>;
  /** What is desired for the workload, as it was put; the kernel is not asked. */
  held(workload: string): readonly Relocation[];
  /** RFC 5227 §2.1.1: probes the network for the address; the MAC address that holds it, if any. */
  probe(network: string, address: string, signal: AbortSignal): Promise<{ readonly heldBy: string | null }>;
  /** Flows of the address that are open through this gateway, relocated or not. */
  sessions(address: string, signal: AbortSignal): Promise<readonly Session[]>;
  /**
   * Does the address answer a client that comes through this gateway? A TCP handshake with `port`, an ICMP echo where it
   * is null.
   */
  answers(address: string, port: number | null, signal: AbortSignal): Promise<boolean>;
  /**
   * The fast path, a few milliseconds: the guest of this workload began or ceased to run at this site. Only relocations
   * in phase `following` react: at the source the old address turns into the tunnel and back, at the target packets are
   * delivered or parked. To be told on every change, and once after a put of `following` and after a start.
   * A guest that `waits` has stopped and is complete at its target: there it is told where those of its old neighbours
   * are that have spoken to it meanwhile, so that it knows before it answers, and then what was parked is delivered. Its
   * network card keeps all that until it runs. The segment is told when it does.
   */
  follow(workload: string, guest: GuestPresence): Promise<void>;
  facts(): GatewayFacts;
  /** Stops the timer and the helpers; the kernel keeps what it holds. */
  close(): Promise<void>;
}
