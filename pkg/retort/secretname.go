package retort

import "regexp"

// hidden stands for the value of an argument that may be a secret.
const hidden = "***"

var (
	// secretName finds names that people give to what nobody should see: words that
	// say so anywhere, and shorter ones as a part of their own, so that PATH is not
	// taken for a PAT, nor KEYBOARD for a key.
	secretName = regexp.MustCompile(`(?i:token|passw|passphrase|pwd|secret|credential|authorization)` +
		`|(?i:(pass|key|creds?)s?([^a-z]|$))|(Pass|Key|Creds?)s?[A-Z]` +
		`|(?i:(^|[^a-z])(pat|auth)s?([^a-z]|$))|[a-z](Pat|Auth)s?([^a-z]|$)`)
	// userInURL finds credentials in an address, such as a proxy's: all up to the
	// last @, for a password may hold any sign.
	userInURL = regexp.MustCompile(`://\S*@`)
)
