import assert from 'node:assert/strict';

/**
 * Every operating error there is. A code is permanent and never reused; its kind decides everything else:
 * `input` → exit 2, HTTP 422; `infeasible` → exit 3, 422; `person` → exit 4, 409; `world` → exit 1, 502, retried.
 * `%s` in the message takes the arguments in order: it names the thing and the value.
 * docs/reference/errors.md is generated from this table.
 */
export type ErrorKind = 'input' | 'infeasible' | 'person' | 'world';

const registry = {
  // topology, runbook and other files
  LH_INPUT_INVALID: { kind: 'input', message: '%s' },
  LH_INPUT_UNREADABLE: { kind: 'input', message: "Cannot read '%s': %s" },
  LH_OUTPUT_UNWRITABLE: { kind: 'input', message: "Cannot write '%s': %s" },
  LH_INPUT_FORMAT_UNKNOWN: { kind: 'input', message: "'%s' has format '%s'; this version reads '%s'" },
  LH_SECRET_UNRESOLVED: { kind: 'input', message: "Secret '%s' cannot be resolved: %s" },
  LH_OPTION_INVALID: { kind: 'input', message: 'Option %s: %s' },

  // world: commands and connections
  LH_COMMAND_TIMEOUT: { kind: 'world', message: "'%s' did not end within %s s" },
  LH_COMMAND_FAILED: { kind: 'world', message: "'%s' failed with exit code %s: %s" },

  // planners
  LH_PLAN_INFEASIBLE: { kind: 'infeasible', message: '%s' },
  LH_WORKLOAD_UNKNOWN: { kind: 'input', message: "Plan '%s' has no workload '%s': %s" },
  LH_CALIBRATION_IMPOSSIBLE: { kind: 'input', message: 'These observations cannot make a model: %s' },

  // moves and runs
  LH_PLAN_STALE: { kind: 'person', message: "Plan '%s' no longer fits the world: %s" },
  LH_MOVE_FAILED: { kind: 'world', message: "Move of '%s' failed at step '%s': %s" },
  LH_MOVE_UNDECIDED: { kind: 'person', message: "Move of '%s' stopped inside its switchover window: %s" },
  LH_JOURNAL_BEHIND: {
    kind: 'person',
    message:
      "'%s' runs at '%s' alone, which its journal does not know: the state has lost its end. Nothing is taken back",
  },
  LH_STEP_TIMEOUT: { kind: 'world', message: "Step '%s' of '%s' did not end within %s s" },

  LH_RUN_UNKNOWN: { kind: 'input', message: "There is no run '%s'; 'longhaul runs' lists them" },
  LH_TRANSFER_FAILED: { kind: 'world', message: "Transfer of '%s' to '%s' ended as '%s': %s" },
  LH_EVIDENCE_MISSING: { kind: 'person', message: "'%s' runs at '%s', but its source is kept, because %s" },
  LH_DNS_NOT_CONVERGED: { kind: 'world', message: "Names of '%s' are not yet as they shall be at '%s': %s" },
  LH_BALANCER_NOT_CONVERGED: {
    kind: 'world',
    message: "Pool '%s' of '%s' is not yet as it shall be at '%s': %s",
  },
  LH_ADDRESS_HELD: { kind: 'person', message: "Address %s for '%s' at '%s' is held by %s" },
  LH_ROLLBACK_REFUSED: { kind: 'person', message: "'%s' cannot return to its source: %s" },
  LH_CLAIM_HELD: { kind: 'person', message: "'%s' belongs to run '%s', which is %s" },
  LH_CLAIM_LOST: { kind: 'person', message: "The claim on '%s' (epoch %s) was taken over (epoch %s)" },

  LH_PLAN_CHANGED: {
    kind: 'input',
    message: "Plan '%s' was changed after it was made: its content has hash %s, it says %s. Plan again",
  },
  LH_PLAN_STARTS_COPIES: {
    kind: 'person',
    message: "Plan '%s' starts new copies, which are planned here but started by you: %s",
  },
  LH_CONSENT_MISSING: { kind: 'person', message: "Plan '%s' is not carried out without consent: %s" },
  LH_SIMULATION_UNSHARED: {
    kind: 'input',
    message:
      "Plan '%s' has simulated sites; they live in one process and need a state directory (--state DIRECTORY)",
  },
  LH_RUN_ENDED: {
    kind: 'input',
    message:
      "Run '%s' has ended (%s): nothing is left to %s. What moved goes back by a plan in that direction",
  },
  LH_REHEARSAL_ENDLESS: {
    kind: 'person',
    message:
      "The rehearsal of plan '%s' has not ended after %s days; see what it waits for with --json, and mend its faults",
  },

  // state
  LH_STATE_LOCKED: { kind: 'world', message: "State directory '%s' is held by process %s" },
  LH_STATE_UNREACHABLE: { kind: 'world', message: "State at '%s' cannot be reached: %s" },
  LH_STATE_FAILED: { kind: 'world', message: "State at '%s' failed: %s" },
  LH_STATE_LEFT_BEHIND: {
    kind: 'person',
    message: "State '%s' lies at %s, in network '%s' of '%s': the site that is to be left",
  },
  LH_STATE_VOLATILE: { kind: 'input', message: "State at '%s' may lose what it was given: %s" },

  // API
  LH_API_CALL_INVALID: { kind: 'input', message: 'The server does not understand the call: %s' },
  LH_API_UNAUTHORISED: { kind: 'person', message: 'The server refused the caller: %s' },
  LH_API_UNREACHABLE: { kind: 'world', message: "The server at '%s' cannot be reached: %s" },
  LH_API_FAULT: { kind: 'world', message: 'The server failed: %s' },

  // site agent
  LH_AGENT_UNREACHABLE: { kind: 'world', message: "Agent of site '%s' cannot be reached: %s" },
  LH_AGENT_UNAUTHORISED: { kind: 'person', message: "Agent of site '%s' refused the caller: %s" },
  LH_AGENT_CALL_INVALID: { kind: 'input', message: "Agent of site '%s' does not understand the call: %s" },
  LH_LISTEN_UNPROTECTED: {
    kind: 'input',
    message:
      "'%s' can be reached from other machines, so callers must prove who they are and be encrypted: configure TLS with a token, or with a client authority",
  },
  LH_AGENT_FAULT: { kind: 'world', message: "Agent of site '%s' failed: %s" },
  LH_SITE_WITHOUT: { kind: 'input', message: "Site '%s' has no %s; its agent's configuration names none" },
  LH_EPOCH_STALE: { kind: 'person', message: "Site '%s' has seen epoch %s of '%s'; epoch %s is refused" },

  // hypervisors
  LH_HYPERVISOR_FAILED: { kind: 'world', message: "Hypervisor at '%s': %s" },
  LH_QMP_REFUSED: { kind: 'world', message: "QEMU of '%s' refused '%s': %s" },
  LH_QMP_TIMEOUT: { kind: 'world', message: "QEMU of '%s' did not answer '%s' within %s s" },
  LH_QMP_LOST: { kind: 'world', message: "The monitor of '%s' is gone: %s" },
  LH_GUEST_TIMEOUT: { kind: 'world', message: "Guest of '%s' at '%s' did not become %s within %s s" },
  LH_HOST_UNKNOWN: { kind: 'input', message: "Site '%s' has no host '%s'; it has %s" },
  LH_GUEST_ABSENT: { kind: 'world', message: "Workload '%s' is on no hypervisor of '%s'" },
  LH_GUEST_STATE: { kind: 'world', message: "Guest of '%s' is '%s' at '%s'; %s needs %s" },
  LH_GUEST_ENDED: {
    kind: 'person',
    message: "Guest of '%s' has ended at '%s' while it was being moved; the target never had all of it",
  },
  LH_GUEST_RELEASED: {
    kind: 'person',
    message: "Guest of '%s' left host '%s' with epoch %s; it starts there again only with a higher epoch",
  },
  LH_GUEST_UNFIT: { kind: 'infeasible', message: "Guest of '%s' cannot run or move here: %s" },

  // gateway
  LH_NETWORK_UNKNOWN: { kind: 'input', message: "Gateway of '%s' has no network '%s'; it has %s" },
  LH_RELOCATION_INVALID: { kind: 'input', message: "Gateway of '%s' refuses relocation '%s': %s" },
  LH_RELOCATION_UNFIT: { kind: 'infeasible', message: "Gateway of '%s' cannot carry relocation '%s': %s" },
  LH_RELOCATION_CONFLICT: {
    kind: 'person',
    message: "Relocation '%s' cannot be installed at '%s': %s. Nothing was changed",
  },
  LH_GATEWAY_UNFIT: {
    kind: 'person',
    message:
      "Gateway of '%s' does not fit this machine: %s. It has changed nothing: mend the machine or its file",
  },
  LH_GATEWAY_STATE_UNREADABLE: {
    kind: 'person',
    message: "Gateway of '%s' cannot read '%s': %s. It changes nothing until the file is mended or removed",
  },
  LH_KERNEL_APPLY_FAILED: { kind: 'world', message: "Could not install %s at '%s': %s" },

  // DNS
  LH_DNS_NAME_INVALID: { kind: 'input', message: "'%s' is not a name DNS can carry: %s" },
  LH_DNS_UNREACHABLE: { kind: 'world', message: "Name server '%s' cannot be reached: %s" },
  LH_DNS_CONFLICT: {
    kind: 'person',
    message:
      "Name server '%s' says '%s' is %s; expected %s. Nothing was changed: correct the record or the plan",
  },
  LH_DNS_UPDATE_REFUSED: { kind: 'world', message: "Name server '%s' refused the update of zone '%s': %s" },
  LH_DNS_KEY_REFUSED: {
    kind: 'person',
    message: "Name server '%s' refused key '%s': %s. Check name and secret on both sides, and the clocks",
  },
  LH_DNS_SIGNATURE_WRONG: { kind: 'person', message: "An answer for key '%s' cannot be trusted: %s" },

  // load balancer
  LH_BALANCER_POOL_UNKNOWN: {
    kind: 'input',
    message: "Load balancer '%s' has no pool '%s' that may be changed",
  },
  LH_BALANCER_FAILED: { kind: 'world', message: "Load balancer '%s': '%s' answered: %s" },

  // lab
  LH_LAB_UNSUPPORTED: { kind: 'world', message: 'The lab cannot stand on this machine: %s' },
  LH_LAB_BUSY: { kind: 'world', message: "Process %s is at work on the lab '%s'; wait for it or end it" },
  LH_LAB_FOREIGN: {
    kind: 'person',
    message: "Namespace '%s' exists and was not made by this lab; nothing was touched",
  },
  LH_LAB_OTHER: { kind: 'person', message: "The lab '%s' stands already, with %s" },
  LH_LAB_DOWN: { kind: 'input', message: "No lab '%s' stands; start one with: longhaul lab up" },
  LH_LAB_TIMEOUT: { kind: 'world', message: '%s is not ready after %s s; look at %s' },
  LH_LAB_INTERRUPTED: { kind: 'world', message: 'Ended by %s; what was half built is taken down' },
  LH_LAB_GUEST_LOST: {
    kind: 'world',
    message: 'The guest did not survive its move: its counter stood at %s before and at %s after',
  },
  LH_LAB_RELAY: { kind: 'world', message: 'The WAN relay does not do as told: %s' },
} as const satisfies Record<string, { kind: ErrorKind; message: string }>;

export type ErrorCode = keyof typeof registry;
export const errorRegistry: Readonly<
  Record<ErrorCode, { readonly kind: ErrorKind; readonly message: string }>
> = registry;

/** An operating error: something outside is not as it should be. Programmer errors are assertions. */
export class LonghaulError extends Error {
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  /** What the message was made from: with the code, all that another process needs to make the same error. */
  readonly values: readonly (string | number)[];
  /** For `person`: the command that settles it. */
  readonly settle: string | undefined;

  constructor(
    code: ErrorCode,
    values: readonly (string | number)[],
    options: { cause?: unknown; settle?: string } = {},
  ) {
    super(render(code, values), { cause: options.cause });
    this.name = 'LonghaulError';
    this.code = code;
    this.kind = errorRegistry[code].kind;
    this.values = values;
    this.settle = options.settle;
  }
}

/** Exit codes of the command line (design §5). */
export const exitCodeOf: Readonly<Record<ErrorKind, number>> = {
  world: 1,
  input: 2,
  infeasible: 3,
  person: 4,
};

function render(code: ErrorCode, values: readonly (string | number)[]): string {
  const { message } = errorRegistry[code];
  assert.equal(message.split('%s').length - 1, values.length, `${code} takes another number of values`);
  let index = 0;
  return message.replaceAll('%s', () => String(values[index++]));
}
