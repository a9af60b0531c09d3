/* The time of day, moved by as many seconds as the file named in STEP_CLOCK_FILE says; preloaded into a server whose clock a test
 * steps (RELIABILITY W17). Clocks that only measure are left alone, as they are when an administrator sets the time. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long step(void)
{
	static volatile long *file;

	if (file == NULL)
	{
		const char *name = getenv("STEP_CLOCK_FILE");
		int			fd = name == NULL ? -1 : open(name, O_RDONLY);
		void	   *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, fd, 0);
		static long none;

		if (fd >= 0)
			close(fd);
		file = mapped == MAP_FAILED ? &none : mapped;
	}
	return *file;
}

int gettimeofday(struct timeval *tv, void *tz)
{
	static int	(*real) (struct timeval *, void *);
	int			result;

	if (real == NULL)
		real = (int (*)(struct timeval *, void *)) dlsym(RTLD_NEXT, "gettimeofday");
	result = real(tv, tz);
	tv->tv_sec += step();
	return result;
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	static int	(*real) (clockid_t, struct timespec *);
	int			result;

	if (real == NULL)
		real = (int (*)(clockid_t, struct timespec *)) dlsym(RTLD_NEXT, "clock_gettime");
	result = real(clock, ts);
	if (clock == CLOCK_REALTIME)
		ts->tv_sec += step();
	return result;
}

time_t time(time_t *result)
{
	struct timeval tv;

	gettimeofday(&tv, NULL);
	if (result != NULL)
		*result = tv.tv_sec;
	return tv.tv_sec;
}
