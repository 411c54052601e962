package s3files

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"convoc/shared/files"
)

// What a bucket says of a name: as S3 does, in encoded words; as other servers do.
func TestNamesInMetadata(t *testing.T) {
	for _, c := range []struct{ name, kept, want string }{
		{"none", "", ""},
		{"plain", "pouvoir.pdf", "pouvoir.pdf"},
		{"encoded words", "=?UTF-8?Q?Procuration_sign=C3=A9e.pdf?=", "Procuration signée.pdf"},
		{"encoded words of the other kind", "=?UTF-8?B?UHJvY3VyYXRpb24gc2lnbsOpZS5wZGY=?=", "Procuration signée.pdf"},
		{"UTF-8 that was read as ISO 8859-1", "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=", "ÄMÄZÕÑ S3"}, // Amazon's own example
		{"UTF-8 as it is", "Procuration signée.pdf", "Procuration signée.pdf"},
		{"a name that nobody has put there", "${filename}", ""},
		{"encoded words of another alphabet", "=?KOI8-R?Q?=C1?=", ""},
		{"what is made safe", "../../etc/passwd", "passwd"},
	} {
		t.Run(c.name, func(t *testing.T) {
			said := answer{status: 200, header: found.header.Clone()}
			if c.kept != "" {
				said.header["X-Amz-Meta-Name"] = []string{c.kept}
			}
			_, store := scripted(t, said)
			info, err := store.Stat(t.Context(), "a/b")
			if err != nil || info.Name != c.want {
				t.Errorf("got %q, %v, want %q", info.Name, err, c.want)
			}
		})
	}
}

func TestReadingAPart(t *testing.T) {
	partial := func(length, body string) answer {
		return answer{status: 206, body: body, header: http.Header{"Content-Length": {length}}}
	}
	for _, c := range []struct {
		name   string
		answer answer
		want   string
		err    error
	}{
		{"all that was asked for", partial("4", "0123"), "0123", nil},
		{"the end of the file", partial("2", "01"), "01", io.EOF},
		{"from beyond the end", refusal(416, "InvalidRange"), "", io.EOF},
		{"cut in the middle", partial("4", "01"), "", files.ErrUnavailable},
		{"nothing there", refusal(404, "NoSuchKey"), "", files.ErrNotFound},
		{"a fault", fault500, "", files.ErrUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, store := scripted(t, c.answer)
			p := make([]byte, 4)
			n, err := store.ReadAt(t.Context(), "a/b", p, 7)
			if !errors.Is(err, c.err) || (c.err == nil) != (err == nil) || (c.want != "" && string(p[:n]) != c.want) {
				t.Errorf("got %q, %v", p[:n], err)
			}
			if err != nil && (strings.Contains(err.Error(), "anne") || errors.Is(err, io.EOF) != errors.Is(c.err, io.EOF)) {
				t.Errorf("got %v", err)
			}
		})
	}
}
