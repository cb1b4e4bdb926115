package bundle

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"github.com/retort-ci/retort/pkg/evidence"
)

// LegacyType is the media type of such a layer.
const LegacyType = "application/vnd.dsse.envelope.v1+json"

// Layer is a layer of the image in which cosign kept attestations before there
// were bundles.
type Layer struct {
	MediaType   string
	Data        []byte
	Annotations map[string]string // of its descriptor
}

// Legacy is the same statement and signature for a cosign that knows no bundles:
// a layer of an ordinary image under LegacyTag. All attestations of a digest
// share that image, so of two that are added at once one is lost, which does not
// happen to bundles.
func Legacy(data []byte) (Layer, error) {
	s, err := read(data)
	if err != nil {
		return Layer{}, err
	}
	statement, err := evidence.Parse(s.statement)
	if err != nil {
		return Layer{}, fmt.Errorf("%w: %w", ErrStatement, err)
	}
	base64 := base64.StdEncoding.EncodeToString
	out, err := json.Marshal(dsse.Envelope{
		PayloadType: evidence.MediaType,
		Payload:     base64(s.statement),
		Signatures:  []dsse.Signature{{Sig: base64(s.signature)}},
	})
	return Layer{
		MediaType: LegacyType,
		Data:      out,
		Annotations: map[string]string{
			"dev.cosignproject.cosign/signature": "", // must be there; the signature is in the envelope
			"predicateType":                      statement.PredicateType,
		},
	}, err
}

// LegacyTag is the tag, in the repository of digest, of the image of Legacy.
func LegacyTag(digest string) string {
	return strings.Replace(digest, ":", "-", 1) + ".att"
}
