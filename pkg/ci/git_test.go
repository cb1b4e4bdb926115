package ci_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/ci"
)

// when is the time of the commits that these tests make.
var when = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// repo makes a repository with one commit on main and nothing else. The user's
// own git configuration does not count.
func repo(t *testing.T) string {
	t.Helper()
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_SYSTEM", os.DevNull)
	dir := t.TempDir()
	git(t, dir, "init", "--quiet", "--initial-branch=main")
	write(t, filepath.Join(dir, "a.txt"), "a\n")
	git(t, dir, "add", "a.txt")
	commitAll(t, dir, "first")
	return dir
}

func commitAll(t *testing.T, dir, message string) {
	t.Helper()
	git(t, dir, "commit", "--quiet", "--all", "--allow-empty", "--message="+message)
}

// git runs a command and gives its output.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	// A time zone far from UTC shows that times are converted.
	cmd.Env = append(os.Environ(), "GIT_COMMITTER_DATE="+when.In(time.FixedZone("", 9*3600)).Format(time.RFC3339),
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func fromGit(t *testing.T, dir string) ci.Git {
	t.Helper()
	g, err := ci.FromGit(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestFromGit(t *testing.T) {
	dir := repo(t)
	want := ci.Git{Commit: git(t, dir, "rev-parse", "HEAD"), Branch: "main", Time: when}
	check := func(what string) {
		t.Helper()
		if got := fromGit(t, dir); got != want {
			t.Errorf("%s: got %+v, want %+v", what, got, want)
		}
	}
	check("one commit")

	git(t, dir, "remote", "add", "origin", "https://alice:s3cret@git.example.com/acme/shop.git")
	want.Remote = "https://git.example.com/acme/shop"
	check("a remote with credentials")

	for _, tag := range []string{"v1.9.0", "v1.10.0", "zebra"} {
		git(t, dir, "tag", tag)
	}
	git(t, dir, "tag", "--annotate", "--message=m", "v1.2.0")
	want.Tag = "v1.10.0"
	check("four tags")

	git(t, dir, "checkout", "--quiet", "--detach")
	want.Branch = ""
	check("a detached HEAD")

	git(t, dir, "checkout", "--quiet", "-b", "feature/käse")
	want.Branch = "feature/käse"
	write(t, filepath.Join(dir, "a.txt"), "changed\n")
	want.Modified = true
	check("a changed file")

	commitAll(t, dir, "second")
	want.Commit, want.Tag, want.Modified = git(t, dir, "rev-parse", "HEAD"), "", false
	write(t, filepath.Join(dir, "new"), "")
	want.Untracked = true
	check("an untracked file")
}

func TestFromGitInASubdirectory(t *testing.T) {
	dir := repo(t)
	below := filepath.Join(dir, "orders", "deep")
	if err := os.MkdirAll(below, 0o755); err != nil {
		t.Fatal(err)
	}
	if g := fromGit(t, below); g.Branch != "main" {
		t.Errorf("got %+v", g)
	}
	worktree := filepath.Join(t.TempDir(), "other place@2")
	git(t, dir, "worktree", "add", "--quiet", "-b", "side", worktree)
	if g := fromGit(t, worktree); g.Branch != "side" {
		t.Errorf("a worktree: got %+v", g)
	}
}

func TestFromGitShallow(t *testing.T) {
	dir := repo(t)
	commitAll(t, dir, "second")
	clone := filepath.Join(t.TempDir(), "clone")
	git(t, dir, "clone", "--quiet", "--depth=1", "file://"+dir, clone)
	g := fromGit(t, clone)
	if g.Commit != git(t, dir, "rev-parse", "HEAD") || g.Branch != "main" || !g.Time.Equal(when) {
		t.Errorf("got %+v", g)
	}
	if g.Remote != "" {
		t.Errorf("remote %q: a path of this machine was told", g.Remote)
	}
}

func TestFromGitWithoutCommits(t *testing.T) {
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	dir := t.TempDir()
	git(t, dir, "init", "--quiet", "--initial-branch=main")
	if got, want := fromGit(t, dir), (ci.Git{Branch: "main"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestFromGitReadsRenames holds the old name of a renamed file apart from the
// records of other files: it can look like one.
func TestFromGitReadsRenames(t *testing.T) {
	dir := repo(t)
	git(t, dir, "mv", "a.txt", "b.txt")
	commitAll(t, dir, "second")
	odd := "? b"
	git(t, dir, "mv", "b.txt", odd)
	commitAll(t, dir, "third")
	git(t, dir, "mv", odd, "c.txt")
	if g := fromGit(t, dir); !g.Modified || g.Untracked {
		t.Errorf("got %+v, want modified and nothing untracked", g)
	}
}

func TestFromGitNothingThere(t *testing.T) {
	dir := repo(t)
	t.Run("no repository", func(t *testing.T) {
		if g := fromGit(t, t.TempDir()); g != (ci.Git{}) {
			t.Errorf("got %+v", g)
		}
	})
	t.Run("a .git that is none", func(t *testing.T) {
		other := t.TempDir()
		if err := os.Mkdir(filepath.Join(other, ".git"), 0o755); err != nil {
			t.Fatal(err)
		}
		if g := fromGit(t, other); g != (ci.Git{}) {
			t.Errorf("got %+v", g)
		}
	})
	t.Run("above a ceiling", func(t *testing.T) {
		below := filepath.Join(dir, "below")
		if err := os.Mkdir(below, 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("GIT_CEILING_DIRECTORIES", dir)
		if g := fromGit(t, below); g != (ci.Git{}) {
			t.Errorf("got %+v", g)
		}
	})
	t.Run("no git", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		if g := fromGit(t, dir); g != (ci.Git{}) {
			t.Errorf("got %+v", g)
		}
	})
}

// TestFromGitRefused is about a checkout of another user, as in a CI container
// that runs as root.
func TestFromGitRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a directory to another user")
	}
	dir := repo(t)
	if err := os.Chown(dir, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	_, err := ci.FromGit(t.Context(), dir)
	refused, ok := errors.AsType[*ci.GitError](err)
	if !ok || !strings.Contains(err.Error(), "dubious ownership") {
		t.Fatalf("got %v, want a GitError with git's reason", err)
	}
	if want := "git config --global --add safe.directory " + dir; !strings.Contains(refused.Hint(), want) {
		t.Errorf("hint %q does not say %q", refused.Hint(), want)
	}
}

func TestFromGitBroken(t *testing.T) {
	dir := repo(t)
	write(t, filepath.Join(dir, ".git", "config"), "[core\n")
	_, err := ci.FromGit(t.Context(), dir)
	if broken, ok := errors.AsType[*ci.GitError](err); !ok || broken.Dir != dir || broken.Output == "" {
		t.Errorf("got %v, want a GitError about %s", err, dir)
	}
}

func TestFromGitCancelled(t *testing.T) {
	dir := repo(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := ci.FromGit(ctx, dir)
	if _, blamed := errors.AsType[*ci.GitError](err); blamed || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled and no GitError", err)
	}
}

// TestFromGitLeavesNoTrace runs as a git hook does, whose variables point at
// another repository, with configuration that starts programs.
func TestFromGitLeavesNoTrace(t *testing.T) {
	other := repo(t)
	dir := repo(t)
	trace := filepath.Join(t.TempDir(), "trace")
	git(t, dir, "config", "core.fsmonitor", "touch "+trace)
	before := tree(t, filepath.Join(dir, ".git"))
	want := git(t, dir, "symbolic-ref", "HEAD")

	t.Setenv("GIT_DIR", filepath.Join(other, ".git"))
	t.Setenv("GIT_INDEX_FILE", filepath.Join(other, "index"))
	write(t, filepath.Join(dir, "a.txt"), "a\n") // a new time: git would like to refresh its index
	if g := fromGit(t, dir); "refs/heads/"+g.Branch != want || g.Modified {
		t.Errorf("got %+v", g)
	}
	if _, err := os.Stat(trace); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the repository's file system monitor was started: %v", err)
	}
	if after := tree(t, filepath.Join(dir, ".git")); !slices.Equal(before, after) {
		t.Errorf("the repository changed:\n%v\n%v", before, after)
	}
}

// tree lists the files below dir with their times.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			list = append(list, path+" "+info.ModTime().String())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
