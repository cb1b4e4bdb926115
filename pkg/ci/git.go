package ci

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Git is what git says about a checkout.
type Git struct {
	Commit    string    // of HEAD, full hex hash; empty before the first commit
	Branch    string    // empty on a detached HEAD
	Tag       string    // that points at HEAD; the highest version where several do
	Time      time.Time // of the commit, as its committer's clock said
	Remote    string    // origin as an https address without credentials; empty when it is none
	Modified  bool      // tracked files differ from the commit
	Untracked bool      // there are files that git neither tracks nor ignores
}

// FromGit asks the git binary about the checkout that dir lies in. Without git,
// or outside a checkout, it gives the zero Git and no error. A checkout that git
// refuses to read is a *GitError.
//
// Nothing is written, no network is used and no one is asked for a password.
func FromGit(ctx context.Context, dir string) (Git, error) {
	if !inCheckout(dir) {
		return Git{}, nil
	}
	run := gitRunner{dir: dir}
	status, err := gitStatus(ctx, run)
	if run.missing(err) {
		return Git{}, nil
	}
	if err != nil {
		return Git{}, err
	}
	g := parseStatus(status)
	return g, g.complete(ctx, run)
}

// gitStatus is what parseStatus reads, of all paths where none is named.
func gitStatus(ctx context.Context, run gitRunner, paths ...string) (string, error) {
	args := []string{"status", "--porcelain=v2", "--branch", "--untracked-files=normal", "-z", "--"}
	return run.git(ctx, append(args, paths...)...)
}

// complete adds what takes commands of their own. They run at the same time:
// the start of a process is most of what each costs.
func (g *Git) complete(ctx context.Context, run gitRunner) error {
	var wg sync.WaitGroup
	var tagErr, timeErr error
	wg.Go(func() {
		// A repository without this setting makes git exit 1. Origin is then unknown.
		if out, err := run.git(ctx, "config", "--get", "remote.origin.url"); err == nil {
			g.Remote = webURL(strings.TrimSpace(out))
		}
	})
	if g.Commit != "" {
		wg.Go(func() {
			var out string
			out, tagErr = run.git(ctx, "for-each-ref", "--points-at=HEAD", "--format=%(refname:strip=2)", "refs/tags")
			g.Tag = bestTag(strings.Fields(out))
		})
		wg.Go(func() {
			var out string
			out, timeErr = run.git(ctx, "show", "--no-patch", "--no-show-signature", "--format=%ct", "HEAD")
			if seconds, err := strconv.ParseInt(strings.TrimSpace(out), 10, 64); err == nil {
				g.Time = time.Unix(seconds, 0).UTC()
			}
		})
	}
	wg.Wait()
	if tagErr != nil {
		return tagErr
	}
	return timeErr
}

// parseStatus reads git status --porcelain=v2 --branch -z: records that end in
// NUL, headers first. See git-status(1).
func parseStatus(out string) Git {
	var g Git
	renamed := false
	for record := range strings.SplitSeq(out, "\x00") {
		if renamed { // the file's old path, whatever it looks like
			renamed = false
			continue
		}
		kind, rest, _ := strings.Cut(record, " ")
		renamed = kind == "2"
		switch kind {
		case "#":
			name, value, _ := strings.Cut(rest, " ")
			switch name {
			case "branch.oid":
				g.Commit = commitHash(value) // "(initial)" before the first commit
			case "branch.head":
				g.Branch = strings.TrimPrefix(value, "(detached)")
			}
		case "1", "2", "u":
			g.Modified = true
		case "?":
			g.Untracked = true
		}
	}
	return g
}

// bestTag takes tags of one commit, sorted. It prefers the highest version: a
// release is often made of the very commit of its last pre-release.
func bestTag(tags []string) string {
	best, version := "", Version{}
	for _, tag := range tags {
		v, ok := ParseVersion(tag)
		if ok && (version == Version{} || v.Compare(version) > 0) {
			best, version = tag, v
		}
	}
	if best == "" && len(tags) > 0 {
		return tags[len(tags)-1]
	}
	return best
}
