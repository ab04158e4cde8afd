/*
 * small-pages PROGRAM ARGUMENT...: the program without transparent huge pages, which a process hands on to what it
 * becomes. With them a guest that touched one page counts 2 MiB as resident, and what is resident no longer tells how much
 * a migration will send.
 */
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int count, char **words)
{
	if (count < 2) {
		fprintf(stderr, "usage: small-pages PROGRAM ARGUMENT...\n");
		return 2;
	}
	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) != 0) {
		perror("small-pages: prctl");
		return 1;
	}
	execvp(words[1], words + 1);
	perror(words[1]);
	return 1;
}
