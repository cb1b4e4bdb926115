package registry

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"strings"
	"time"
)

// A record's tag is
//
//	retort.<environment>.20261123T010203.123456789Z.<8 hexadecimal digits>
//
// so that a list of tags is a history in order, and two promotions in the same
// nanosecond both stand. What follows the environment has a fixed width and is
// read from the end, so no environment's name can be mistaken for the beginning
// of another's.
const (
	recordPrefix = "retort."
	recordLayout = "20060102T150405.000000000Z"
	recordSuffix = 1 + len(recordLayout) + 1 + hashLength
	maxEnvTag    = maxTag - len(recordPrefix) - recordSuffix
)

// recordTag is a record's tag, taken apart.
type recordTag struct {
	env    string // as it stands in the tag, see envTag
	time   time.Time
	random string
}

// newRecordTag makes a tag that no other record has.
func newRecordTag(env string, at time.Time) recordTag {
	var random [hashLength / 2]byte
	_, _ = rand.Read(random[:]) // never fails, see crypto/rand
	return recordTag{env: envTag(env), time: at.UTC(), random: hex.EncodeToString(random[:])}
}

// envTag is the environment's name as it stands in a tag.
func envTag(env string) string { return sanitize(env, maxEnvTag) }

func (t recordTag) String() string {
	return recordPrefix + t.env + "." + t.time.Format(recordLayout) + "." + t.random
}

// compare orders tags by time, then by their random digits.
func (t recordTag) compare(o recordTag) int {
	return cmp.Or(t.time.Compare(o.time), cmp.Compare(t.random, o.random))
}

// parseRecordTag takes a record's tag apart; false for every other tag. For
// each tag it takes, String gives the same tag again.
func parseRecordTag(tag string) (recordTag, bool) {
	rest, ok := strings.CutPrefix(tag, recordPrefix)
	if !ok || len(rest) <= recordSuffix {
		return recordTag{}, false
	}
	env, suffix := rest[:len(rest)-recordSuffix], rest[len(rest)-recordSuffix:]
	at, err := time.Parse("."+recordLayout+".", suffix[:len(suffix)-hashLength])
	t := recordTag{env: env, time: at, random: suffix[len(suffix)-hashLength:]}
	// The last holds because time.Parse is more lenient than its layout.
	ok = err == nil && isTag(env, maxEnvTag) && isHex(t.random) && t.String() == tag
	return t, ok
}

// fits says whether the tag is one that the record would have.
func (t recordTag) fits(rec Record) bool {
	return envTag(rec.Environment) == t.env && rec.Time.Equal(t.time)
}
