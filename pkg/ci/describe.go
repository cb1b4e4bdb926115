package ci

import (
	"context"
	"fmt"
	"strings"
)

// Describe lays what the CI system says over what git says about the checkout
// in dir. Each is believed on what it knows best:
//
//   - Branch, tag and pull request: the CI system. A CI checks out a bare commit,
//     and to git a pull request looks like any other. Git counts outside CI, and
//     where the system says nothing of the three.
//   - Commit: git, since the checkout is what is built. Notes tell where the
//     system names another; for a pull request that is often a merge commit.
//   - Dirty: a tracked file differs from the commit. Outside CI an untracked file
//     counts as well, since it may end up in the image. In CI it does not: reports
//     and caches lie about there, and every agent must find the same candidate.
//
// The error is a *GitError, or ctx's; the Environment then holds what the CI
// system says.
func Describe(ctx context.Context, dir string, lookup func(string) string) (Environment, error) {
	e := Read(lookup)
	git, err := FromGit(ctx, dir)
	if err != nil {
		return e, err
	}
	e.addGit(git)
	return e, nil
}

// Read is Detect, and reads the file of the event where the system has one: that
// alone tells whether a pull request on GitHub is from a fork.
func Read(lookup func(string) string) Environment {
	e := Detect(lookup)
	if e.System == GitHub && e.Event == PullRequest {
		e.readGitHubEvent(lookup("GITHUB_EVENT_PATH"), vars(lookup))
	}
	return e
}

func (e *Environment) addGit(git Git) {
	e.Git = git
	if e.Branch == "" && e.Tag == "" && e.Event == Unknown {
		e.Branch, e.Tag = git.Branch, git.Tag
	}
	if git.Commit != "" {
		if e.Commit != "" && e.Commit != git.Commit {
			e.Notes = append(e.Notes, fmt.Sprintf("the checkout is at commit %s, %s says %s: the checkout counts",
				short(git.Commit), e.System, short(e.Commit)))
		}
		e.Commit = git.Commit
	}
	if e.Slug == "" {
		e.Slug = slugOf(git.Remote)
	}
	e.Dirty = git.Modified || git.Untracked && e.System == None
}

// DirtyApart tells whether the checkout that dir lies in would be Dirty if some
// files, relative to dir, were as the commit has them. Errors are as of Describe.
func (e Environment) DirtyApart(ctx context.Context, dir string, files ...string) (bool, error) {
	paths := []string{":(top)"}
	for _, file := range files {
		paths = append(paths, ":(exclude,literal)"+file)
	}
	status, err := gitStatus(ctx, gitRunner{dir: dir}, paths...)
	git := parseStatus(status)
	return git.Modified || git.Untracked && e.System == None, err
}

// CandidateTag names the image of this commit before anything is promoted:
// git-<hash>, the whole hash, so that it is never that of another commit;
// git-<hash>-dirty when the checkout holds more than the commit; "local" when
// there is no commit to name.
func (e Environment) CandidateTag() string {
	if e.Commit == "" {
		return "local"
	}
	return "git-" + e.revision()
}

// revision is the commit, marked when it is not all that is built.
func (e Environment) revision() string {
	if e.Dirty {
		return e.Commit + "-dirty"
	}
	return e.Commit
}

// short is enough of a hash for a person to know it by.
func short(hash string) string { return strings.ToLower(hash[:min(len(hash), 12)]) }
