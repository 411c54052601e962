package roots

import (
	"crypto/x509"
	"encoding/pem"
	"slices"
	"testing"
	"time"
)

// The names are those that Amazon Trust Services gives its authorities.
func TestTheFiveAuthoritiesOfAWS(t *testing.T) {
	var got []string
	for rest := PEM; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, c.Subject.CommonName)
		if err := c.CheckSignatureFrom(c); err != nil || !c.IsCA {
			t.Errorf("%s is no authority: %v", c.Subject.CommonName, err)
		}
		if c.NotAfter.Before(time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s ends on %s", c.Subject.CommonName, c.NotAfter)
		}
	}
	want := []string{
		"Amazon Root CA 1", "Amazon Root CA 2", "Amazon Root CA 3", "Amazon Root CA 4",
		"Starfield Services Root Certificate Authority - G2",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(PEM) {
		t.Error("Go reads none")
	}
}
