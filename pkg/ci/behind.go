package ci

import (
	"context"
	"strconv"
	"strings"
)

// CommitsSince counts the commits of HEAD, in the checkout that dir lies in,
// that commit does not have: how far it is behind. It is false where that cannot
// be told: no checkout, or a commit that this one does not have, as a shallow
// one may not. A revision of ours that ends in -dirty counts from its commit.
func CommitsSince(ctx context.Context, dir, commit string) (int, bool) {
	commit = commitHash(strings.TrimSuffix(commit, "-dirty"))
	if commit == "" || !inCheckout(dir) {
		return 0, false
	}
	out, err := gitRunner{dir: dir}.git(ctx, "rev-list", "--count", commit+"..HEAD", "--")
	if err != nil {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSpace(out))
	return n, err == nil
}
