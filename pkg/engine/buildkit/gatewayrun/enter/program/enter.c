// enter is what a gateway container begins with, of any image: it does from
// within what a gateway of BuildKit cannot ask of its runtime, then starts the
// container's command. No C library: images may be FROM scratch.
//
//	enter MODE NONCE UID GID GROUPS NNP CAPS LIMITS COMMAND [ARGUMENT...]
//
// MODE    init: start the command, take care of its orphans, hand on signals, tell
//         how it ended and end so; BuildKit may lose that while a probe runs.
//         probe: start it, and tell how it ended instead of ending so, since
//         BuildKit ends a container in which a command fails.
//         show: print the files named by the command and its arguments.
//         hosts: add the command and its arguments to /etc/hosts, a line each; tell
//         how it ended, as probe does.
// NONCE   begins every word of ours on stderr, so that no output is taken for one.
// GROUPS  numbers with commas between, or "-".
// NNP     1 sets no_new_privs(prctl(2)).
// CAPS    capabilities that stay, a bit mask in decimal, or "-" for all.
// LIMITS  RESOURCE:SOFT:HARD with commas between (prlimit(2)), or "-".
//
// Where files come is told on stdin, for init:
//
//	f MODE UID GID SIZE LENGTH\n PATH CONTENT   a file, whose directories are made
//	d MODE UID GID 0 LENGTH\n PATH              mode and owner of a directory
//	h 0 0 0 0 LENGTH\n LINE                     a line for /etc/hosts, with @ for our address
//	e 0 0 0 0 0\n                               the end
//
// What it says on stderr, a line each, after \x1e NONCE and a space:
//
//	ready ADDRESS       the command begins; "-" without an IPv4 address
//	fail WHAT ERRNO     it does not; WHAT is a path, or the name of what failed
//	exit CODE           of the command
#include <asm/unistd.h>
#include <linux/prctl.h>
#include <linux/sockios.h>
#include <linux/stat.h>

typedef unsigned long u64;
typedef long i64;

enum { ENOENT = 2, EEXIST = 17, EACCES = 13, EISDIR = 21, EINVAL = 22, EINTR = 4 };
enum { AT_FDCWD = -100, O_WRONLY = 1, O_CREAT = 0100, O_EXCL = 0200, O_APPEND = 02000 };

// source is the SHA-256 of this file, for a test that compares them.
__attribute__((used)) static const char source[] = "source=" SOURCE;

#if defined(__x86_64__)
static i64 call(i64 n, i64 a, i64 b, i64 c, i64 d, i64 e) {
	i64 ret;
	register i64 r10 __asm__("r10") = d;
	register i64 r8 __asm__("r8") = e;
	__asm__ volatile("syscall" : "=a"(ret) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
	return ret;
}
__asm__(".globl _start\n_start:\n\txor %ebp,%ebp\n\tmov %rsp,%rdi\n\tand $-16,%rsp\n\tcall begin\n");
#elif defined(__aarch64__)
static i64 call(i64 n, i64 a, i64 b, i64 c, i64 d, i64 e) {
	register i64 x8 __asm__("x8") = n;
	register i64 x0 __asm__("x0") = a;
	register i64 x1 __asm__("x1") = b;
	register i64 x2 __asm__("x2") = c;
	register i64 x3 __asm__("x3") = d;
	register i64 x4 __asm__("x4") = e;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
	return x0;
}
__asm__(".globl _start\n_start:\n\tmov x29,#0\n\tmov x0,sp\n\tb begin\n");
#endif
#define sys(n, a, b, c, d, e) call(__NR_##n, (i64)(a), (i64)(b), (i64)(c), (i64)(d), (i64)(e))

static char line[8192]; // one line of ours, written at once
static u64 used;
static const char *nonce;
static char **env;

static u64 len(const char *s) { u64 n = 0; while (s[n]) n++; return n; }
static int same(const char *a, const char *b) { while (*a && *a == *b) a++, b++; return *a == *b; }

static void put(const char *s) { while (*s && used < sizeof line - 2) line[used++] = *s++; }
static void number(u64 n) {
	char digits[24], *p = digits + sizeof digits - 1;
	*p = 0;
	do *--p = '0' + n % 10; while (n /= 10);
	put(p);
}
static void say(const char *word) { used = 0; put("\x1e"); put(nonce); put(" "); put(word); put(" "); }
static void flush(void) {
	line[used++] = '\n';
	sys(write, 2, line, used, 0, 0);
}
static void quit(int code) { for (;;) sys(exit_group, code, 0, 0, 0, 0); }
static void fail(const char *what, i64 err) {
	say("fail"); put(what); put(" "); number(-err); flush();
	quit(127);
}
static void must(const char *what, i64 result) { if (result < 0) fail(what, result); }

// digits reads a number and moves behind it.
static u64 digits(const char **p) {
	u64 n = 0;
	while (**p >= '0' && **p <= '9') n = n * 10 + (*(*p)++ - '0');
	return n;
}

// take reads exactly n bytes of stdin.
static void take(char *to, u64 n) {
	while (n > 0) {
		i64 got = sys(read, 0, to, n, 0, 0);
		if (got == -EINTR) continue;
		if (got <= 0) fail("stdin", got ? got : -EINVAL);
		to += got, n -= got;
	}
}

static void store(const char *name, int fd, const char *from, u64 n) {
	while (n > 0) {
		i64 put = sys(write, fd, from, n, 0, 0);
		if (put == -EINTR) continue;
		must(name, put);
		from += put, n -= put;
	}
}

// file makes a file of what stdin gives. A link in its place is replaced, and so
// is a file; links that lead there are followed, within the container.
static void file(char *path, u64 mode, u64 uid, u64 gid, u64 size) {
	static char buffer[65536];
	for (char *p = path + 1; *p; p++) {
		if (*p != '/') continue;
		*p = 0;
		i64 err = sys(mkdirat, AT_FDCWD, path, 0755, 0, 0);
		*p = '/';
		if (err < 0 && err != -EEXIST) fail(path, err);
	}
	i64 err = sys(unlinkat, AT_FDCWD, path, 0, 0, 0);
	if (err < 0 && err != -ENOENT) fail(path, err);
	int fd = sys(openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0600, 0);
	must(path, fd);
	while (size > 0) {
		u64 n = size < sizeof buffer ? size : sizeof buffer;
		take(buffer, n);
		store(path, fd, buffer, n);
		size -= n;
	}
	must(path, sys(fchown, fd, uid, gid, 0, 0));
	must(path, sys(fchmod, fd, mode, 0, 0, 0));
	must(path, sys(close, fd, 0, 0, 0, 0));
}

// address writes the first IPv4 address that is not the loopback device's.
static const char *address(char *to) {
	struct { unsigned char name[16]; unsigned short family, port; unsigned char ip[4]; char rest[16]; } found[16];
	struct { int size; void *at; } conf = { sizeof found, found };
	int fd = sys(socket, 2, 2, 0, 0, 0); // AF_INET, SOCK_DGRAM
	if (fd < 0) return "-";
	i64 err = sys(ioctl, fd, SIOCGIFCONF, &conf, 0, 0);
	sys(close, fd, 0, 0, 0, 0);
	for (int i = 0; err >= 0 && i < conf.size / (int)sizeof found[0]; i++) {
		unsigned char *ip = found[i].ip;
		if (ip[0] == 127) continue;
		used = 0;
		for (int k = 0; k < 4; k++) { if (k) put("."); number(ip[k]); }
		for (u64 k = 0; k <= used; k++) to[k] = k < used ? line[k] : 0;
		return to;
	}
	return "-";
}

// hosts adds a line to /etc/hosts; an @ at its beginning is our own address.
static void hosts(const char *text, const char *ip) {
	if (ip[0] == '-') ip = "127.0.0.1";
	int fd = sys(openat, AT_FDCWD, "/etc/hosts", O_WRONLY | O_APPEND, 0, 0);
	must("/etc/hosts", fd);
	used = 0;
	if (text[0] == '@') put(ip), text++;
	put(text);
	line[used++] = '\n';
	store("/etc/hosts", fd, line, used);
	sys(close, fd, 0, 0, 0, 0);
}

// receive does what stdin tells.
static void receive(const char *ip) {
	static char path[4097];
	for (;;) {
		char head[128];
		u64 n = 0;
		do take(head + n, 1); while (head[n++] != '\n' && n < sizeof head);
		const char *p = head + 2;
		u64 v[5];
		for (int i = 0; i < 5; i++) { v[i] = digits(&p); p++; }
		if (v[4] >= sizeof path) fail("stdin", -EINVAL);
		take(path, v[4]);
		path[v[4]] = 0;
		switch (head[0]) {
		case 'e': return;
		case 'f': file(path, v[0], v[1], v[2], v[3]); break;
		case 'd':
			must(path, sys(fchownat, AT_FDCWD, path, v[1], v[2], 0));
			must(path, sys(fchmodat, AT_FDCWD, path, v[0], 0, 0));
			break;
		case 'h': hosts(path, ip); break;
		default: fail("stdin", -EINVAL);
		}
	}
}

// restrict gives up what the command must not have.
static void restrict_(char **a) {
	const char *p = a[5];
	while (*p && *p != '-') {
		u64 which = digits(&p); p++;
		u64 soft = *p == '-' ? (p += 2, ~0UL) : digits(&p); p++;
		u64 hard = *p == '-' ? (p += 2, ~0UL) : digits(&p);
		u64 limit[2] = { soft, hard };
		must("ulimits", sys(prlimit64, 0, which, limit, 0, 0));
		if (*p == ',') p++;
	}
	p = a[4];
	if (*p != '-') {
		u64 keep = digits(&p);
		for (int c = 0; c < 64; c++)
			if (!(keep >> c & 1) && sys(prctl, PR_CAPBSET_READ, c, 0, 0, 0) == 1)
				must("capabilities", sys(prctl, PR_CAPBSET_DROP, c, 0, 0, 0));
	}
	unsigned groups[64];
	u64 n = 0;
	for (p = a[2]; *p && *p != '-' && n < 64; n++) { groups[n] = digits(&p); if (*p == ',') p++; }
	const char *uid = a[0], *gid = a[1];
	u64 u = digits(&uid), g = digits(&gid);
	must("groups", sys(setgroups, n, groups, 0, 0, 0));
	must("group", sys(setresgid, g, g, g, 0, 0));
	must("user", sys(setresuid, u, u, u, 0, 0));
	if (a[3][0] == '1') must("no_new_privs", sys(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

// runnable is 0 for a file that may be executed.
static i64 runnable(const char *path) {
	static struct statx st;
	i64 err = sys(statx, AT_FDCWD, path, 0, STATX_TYPE, &st);
	if (err < 0) return err;
	if ((st.stx_mode & 0170000) != 0100000) return -EACCES;
	return sys(faccessat, AT_FDCWD, path, 1, 0, 0);
}

// look finds the command as execvp(3) does.
static const char *look(const char *name) {
	static char path[8192];
	const char *dirs = "";
	i64 err = -ENOENT;
	for (const char *p = name; *p; p++)
		if (*p == '/') { must(name, runnable(name)); return name; }
	for (char **e = env; *e; e++)
		if ((*e)[0] == 'P' && (*e)[1] == 'A' && (*e)[2] == 'T' && (*e)[3] == 'H' && (*e)[4] == '=') dirs = *e + 5;
	while (*dirs) {
		u64 n = 0;
		while (*dirs && *dirs != ':' && n < 4000) path[n++] = *dirs++;
		if (*dirs == ':') dirs++;
		if (n + len(name) + 2 > sizeof path) continue;
		path[n++] = '/';
		for (u64 k = 0; k <= len(name); k++) path[n + k] = name[k];
		i64 got = runnable(path);
		if (got == 0) return path;
		if (got == -EACCES) err = got;
	}
	fail(name, err);
	return 0;
}

static void become(const char *path, char **command) { fail(command[0], sys(execve, path, command, env, 0, 0)); }

static int code(int status) { return status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff; }

static i64 split(void) { return sys(clone, 17, 0, 0, 0, 0); } // SIGCHLD: fork(2)

// init stands before the command.
static void init(const char *path, char **command) {
	u64 all = ~0UL, none = 0;
	sys(rt_sigprocmask, 2, &all, 0, 8, 0); // SIG_SETMASK
	i64 child = split();
	must("fork", child);
	if (child == 0) {
		sys(rt_sigprocmask, 2, &none, 0, 8, 0);
		become(path, command);
	}
	for (;;) {
		i64 sig = sys(rt_sigtimedwait, &all, 0, 0, 8, 0);
		if (sig > 0 && sig != 17) { sys(kill, child, sig, 0, 0, 0); continue; }
		for (;;) {
			int status;
			i64 pid = sys(wait4, -1, &status, 1, 0, 0); // WNOHANG
			if (pid <= 0) break;
			if (pid != child) continue;
			say("exit"); number(code(status)); flush();
			quit(code(status));
		}
	}
}

// probe runs the command in a group of its own, which ends when stdin does.
static void probe(const char *path, char **command) {
	i64 child = split();
	must("fork", child);
	if (child == 0) {
		sys(setpgid, 0, 0, 0, 0, 0);
		int null = sys(openat, AT_FDCWD, "/dev/null", 0, 0, 0);
		sys(dup3, null, 0, 0, 0, 0);
		become(path, command);
	}
	sys(setpgid, child, child, 0, 0, 0);
	i64 watch = split();
	if (watch == 0) {
		char c;
		while (sys(read, 0, &c, 1, 0, 0) > 0) {}
		sys(kill, -child, 9, 0, 0, 0);
		quit(0);
	}
	int status = 0;
	while (sys(wait4, child, &status, 0, 0, 0) == -EINTR) {}
	sys(kill, watch, 9, 0, 0, 0);
	sys(wait4, watch, 0, 0, 0, 0);
	say("exit"); number(code(status)); flush();
	quit(0);
}

static void show(char **names) {
	static char buffer[65536];
	for (; *names; names++) {
		int fd = sys(openat, AT_FDCWD, *names, 0, 0, 0);
		i64 n;
		while (fd >= 0 && (n = sys(read, fd, buffer, sizeof buffer, 0, 0)) > 0) store(*names, 1, buffer, n);
	}
	say("exit"); number(0); flush();
	quit(0);
}

static void tell(char **lines) {
	for (; *lines; lines++) hosts(*lines, "-");
	say("exit"); number(0); flush();
	quit(0);
}

__attribute__((used, noreturn)) static void begin(u64 *stack) {
	u64 argc = stack[0];
	char **argv = (char **)(stack + 1), ip[16];
	env = argv + argc + 1;
	nonce = argc > 2 ? argv[2] : "";
	if (argc < 10) fail("arguments", -EINVAL);
	const char *mode = argv[1];
	char **command = argv + 9;
	if (same(mode, "show")) show(command);
	if (same(mode, "probe") || same(mode, "hosts")) {
		// A probe that is not there is one that fails.
		i64 child = split();
		must("fork", child);
		if (child == 0) {
			if (same(mode, "hosts")) tell(command);
			restrict_(argv + 3);
			probe(look(command[0]), command);
		}
		int status = 0;
		while (sys(wait4, child, &status, 0, 0, 0) == -EINTR) {}
		quit(0);
	}
	const char *at = address(ip);
	receive(at);
	int null = sys(openat, AT_FDCWD, "/dev/null", 0, 0, 0);
	must("/dev/null", null);
	must("/dev/null", sys(dup3, null, 0, 0, 0, 0));
	sys(close, null, 0, 0, 0, 0);
	restrict_(argv + 3);
	const char *path = look(command[0]);
	say("ready"); put(at); flush();
	init(path, command);
	for (;;) quit(127);
}
