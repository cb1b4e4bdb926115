package registry

import (
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// challengeOf reads how a registry that answered 401 wants to be asked: the
// first challenge that this client can meet (RFC 9110, 11.6.1), nil when there
// is none.
func challengeOf(resp *http.Response) *transport.Challenge {
	for _, line := range resp.Header.Values("WWW-Authenticate") {
		for _, c := range parseChallenges(line) {
			if c.Scheme == "bearer" || c.Scheme == "basic" {
				c.Insecure = resp.Request.URL.Scheme == "http"
				return c
			}
		}
	}
	return nil
}

// parseChallenges reads one header line, which may hold several challenges.
// What cannot be read ends the list.
func parseChallenges(line string) []*transport.Challenge {
	var found []*transport.Challenge
	for rest := skip(line); rest != ""; rest = skip(rest) {
		word, after := token(rest)
		if word == "" {
			return found
		}
		value, tail, isParameter := parameterValue(after)
		switch {
		case !isParameter:
			found = append(found, &transport.Challenge{Scheme: strings.ToLower(word), Parameters: map[string]string{}})
			rest = after
		case len(found) == 0:
			return nil
		default:
			found[len(found)-1].Parameters[strings.ToLower(word)] = value
			rest = tail
		}
	}
	return found
}

func skip(s string) string { return strings.TrimLeft(s, " \t,") }

// token cuts a token (RFC 9110, 5.6.2) from the front.
func token(s string) (word, rest string) {
	end := strings.IndexAny(s, " \t,=\"")
	if end < 0 {
		return s, ""
	}
	return s[:end], s[end:]
}

// parameterValue reads ="value" or =value from the front.
func parameterValue(s string) (value, rest string, ok bool) {
	s, ok = strings.CutPrefix(strings.TrimLeft(s, " \t"), "=")
	if !ok {
		return "", s, false
	}
	s = strings.TrimLeft(s, " \t")
	quoted, isQuoted := strings.CutPrefix(s, `"`)
	if !isQuoted {
		value, rest = token(s)
		return value, rest, true
	}
	var b strings.Builder
	for i := 0; i < len(quoted); i++ {
		switch quoted[i] {
		case '"':
			return b.String(), quoted[i+1:], true
		case '\\':
			i++
		}
		if i < len(quoted) {
			b.WriteByte(quoted[i])
		}
	}
	return b.String(), "", true // the quote never ends
}
