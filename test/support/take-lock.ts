import { takeLock } from '../../src/runs/store/lock.ts';

/** `take-lock DIRECTORY`: takes the lock, says so, and keeps it until it is killed; or says why it cannot. */
const [directory] = process.argv.slice(2) as [string];
try {
  takeLock(directory);
  process.stdout.write('taken\n');
  setInterval(() => undefined, 1000);
} catch (error) {
  process.stdout.write(`${(error as Error).message}\n`);
}
