package mask

import (
	"encoding/base64"
	"slices"
	"strings"
)

// base64Forms are what a secret looks like in a base64 text, by itself or within
// something longer: a password behind its user in an Authorization header, say.
// Three bytes become four characters, so there are three ways to begin; the
// characters that the secret shares with its neighbours are left out.
func base64Forms(secret string) []string {
	var forms []string
	for before := range 3 {
		padded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", before) + secret))
		first := (8*before + 5) / 6              // the first character that is all its own
		behind := 8 * (before + len(secret)) / 6 // the first that is not
		forms = append(forms,
			padded[first:behind],
			strings.TrimRight(padded, "=")[first:], // where it ends the text
			padded[first:],
		)
	}
	for _, form := range slices.Clone(forms) {
		forms = append(forms, strings.NewReplacer("+", "-", "/", "_").Replace(form))
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}
