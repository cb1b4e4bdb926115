package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const (
	maxTag     = 128 // bytes that distribution-spec allows
	hashLength = 8   // hexadecimal digits that tell changed names apart
)

// SanitizeTag gives the tag for a name that may not be one, a branch's say:
// "feature/x" becomes "feature-x-" and eight hexadecimal digits of the name's
// SHA-256. A name that is a valid tag stays as it is, unless it ends like one
// that was changed, in a dash and eight hexadecimal digits with a letter among
// them. So different names give different tags.
func SanitizeTag(s string) string { return sanitize(s, maxTag) }

// sanitize is SanitizeTag with a length of the caller's, above ten.
func sanitize(s string, limit int) string {
	if isTag(s, limit) && !endsInHash(s) {
		return s
	}
	body := strings.TrimLeft(dashed(s), "-.")
	body = body[:min(len(body), limit-hashLength-1)]
	if body == "" {
		body = "tag"
	}
	return body + "-" + fingerprint(s)
}

// isTag holds s against the grammar [\w][\w.-]{0,limit-1}.
func isTag(s string, limit int) bool {
	if s == "" || len(s) > limit || s[0] == '-' || s[0] == '.' {
		return false
	}
	return strings.IndexFunc(s, notInTag) < 0
}

func notInTag(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return false
	}
	return r != '_' && r != '.' && r != '-'
}

// dashed puts one dash for every run of characters that no tag may hold.
func dashed(s string) string {
	return strings.Join(strings.FieldsFunc(s, notInTag), "-")
}

// endsInHash says whether s ends as changed names do. A date does not.
func endsInHash(s string) bool {
	if len(s) <= hashLength || s[len(s)-hashLength-1] != '-' {
		return false
	}
	return isHash(s[len(s)-hashLength:])
}

// isHash says whether s could be a fingerprint.
func isHash(s string) bool {
	return isHex(s) && strings.ContainsAny(s, "abcdef")
}

func isHex(s string) bool {
	return len(s) == hashLength && strings.Trim(s, "0123456789abcdef") == ""
}

// fingerprint is the first eight hexadecimal digits in the SHA-256 of s that
// are not all decimal, so that none looks like a date.
func fingerprint(s string) string {
	sum := sha256.Sum256([]byte(s))
	digits := hex.EncodeToString(sum[:])
	for !isHash(digits[:hashLength]) && len(digits) > hashLength {
		digits = digits[1:]
	}
	return digits[:hashLength]
}
