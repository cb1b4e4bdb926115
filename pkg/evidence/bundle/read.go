package bundle

import (
	"fmt"

	pb "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	envelope "github.com/sigstore/protobuf-specs/gen/pb-go/dsse"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/internal/stable"
)

// maxBundle bounds what is read, in bytes: a statement of 4 MiB in base64, and
// what a transparency log may add.
const maxBundle = 8 << 20

// signed is what of a bundle matters to a holder of keys.
type signed struct {
	statement []byte
	signature []byte
	hint      string // to the key, as its maker wrote it
}

// read takes a bundle, or the bare DSSE envelope of cosign's older form. Proofs
// of a transparency log and certificates are not looked at.
func read(data []byte) (signed, error) {
	if len(data) > maxBundle {
		return signed{}, fmt.Errorf("%w: it has %d bytes, at most %d are read", ErrStatement, len(data), maxBundle)
	}
	var b pb.Bundle
	if err := stable.Unmarshal(data, &b); err != nil {
		return signed{}, fmt.Errorf("%w: %w", ErrStatement, err)
	}
	e := b.GetDsseEnvelope()
	switch b.GetMediaType() {
	case MediaType, olderType + "0.1", olderType + "0.2", olderType + "0.3":
	case "":
		e = &envelope.Envelope{}
		if err := stable.Unmarshal(data, e); err != nil {
			return signed{}, fmt.Errorf("%w: %w", ErrStatement, err)
		}
	default:
		return signed{}, fmt.Errorf("%w: media type %.100q", ErrVersion, b.GetMediaType())
	}
	return unpack(e, b.GetVerificationMaterial().GetPublicKey().GetHint())
}

// unpack wants exactly one signature, as bundles must have.
func unpack(e *envelope.Envelope, hint string) (signed, error) {
	switch {
	case e.GetPayloadType() != evidence.MediaType:
		return signed{}, fmt.Errorf("%w: payload type %.100q", ErrStatement, e.GetPayloadType())
	case len(e.GetSignatures()) != 1:
		return signed{}, fmt.Errorf("%w: %d signatures", ErrStatement, len(e.GetSignatures()))
	}
	return signed{statement: e.GetPayload(), signature: e.GetSignatures()[0].GetSig(), hint: hint}, nil
}
