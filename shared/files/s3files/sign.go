package s3files

import (
	"context"
	"fmt"
	"maps"
	"mime"
	"net/url"
	"slices"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"convoc/shared/files"
)

// SignUpload makes the form for one upload. Without credentials it is files.ErrUnavailable.
func (s *Store) SignUpload(ctx context.Context, u files.Upload) (files.Form, error) {
	if err := u.Check(); err != nil {
		return files.Form{}, err
	}
	exact := exactly(u)
	conditions := []any{[]any{"content-length-range", u.MinSize, u.MaxSize}}
	for _, f := range exact {
		conditions = append(conditions, map[string]string{f.Name: f.Value})
	}
	if u.KeepName {
		conditions = append(conditions, []any{"starts-with", "$" + nameField, ""})
	}
	options := append([]func(*s3.PresignPostOptions){func(o *s3.PresignPostOptions) {
		o.Expires, o.Conditions = u.Expiry, conditions
	}}, s.post...)
	signed, err := s.sign.PresignPostObject(ctx, &s3.PutObjectInput{
		Bucket: &s.bucket, Key: aws.String(string(u.Key)),
	}, options...)
	if err != nil {
		return files.Form{}, unsigned(err)
	}
	address, err := s.reached(signed.URL)
	if err != nil {
		return files.Form{}, unsigned(err)
	}
	form := files.Form{URL: address, Fields: []files.Field{{Name: "key", Value: signed.Values["key"]}}}
	form.Fields = append(form.Fields, exact...)
	if u.KeepName {
		form.Fields = append(form.Fields, files.Field{Name: nameField, Value: placeholder})
	}
	delete(signed.Values, "key")
	for _, name := range slices.Sorted(maps.Keys(signed.Values)) {
		form.Fields = append(form.Fields, files.Field{Name: name, Value: signed.Values[name]})
	}
	return form, nil
}

// The browser's name for a file travels as the object's own metadata: S3 puts it in the place of the variable, in any
// field of a form (Amazon S3 User Guide, « Creating HTML forms »). It is UTF-8 in a form; what is no ASCII is given back
// in encoded words (RFC 2047). A server that does not know the variable keeps it as it stands: then there is no name.
const (
	nameKey     = "name"
	nameField   = "x-amz-meta-" + nameKey
	placeholder = "${filename}"
)

// nameIn reads the browser's name for a file in the metadata of its object.
func nameIn(metadata map[string]string) string {
	name, err := new(mime.WordDecoder).DecodeHeader(metadata[nameKey])
	if err != nil || name == placeholder {
		return ""
	}
	return files.UploadedName(utf8Of(name))
}

// utf8Of undoes that UTF-8 was read as ISO 8859-1, which S3 does with the header fields of a request (« Working with
// object metadata »). Text that was read as it is makes no UTF-8 that way.
func utf8Of(s string) string {
	raw := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xFF {
			return s
		}
		raw = append(raw, byte(r))
	}
	if utf8.Valid(raw) {
		return string(raw)
	}
	return s
}

// exactly are the fields of a form that the policy holds to one value, beside the key.
func exactly(u files.Upload) []files.Field {
	var fields []files.Field
	if u.Type != "" {
		fields = append(fields, files.Field{Name: "Content-Type", Value: u.Type})
	}
	if u.Redirect != "" {
		return append(fields, files.Field{Name: "success_action_redirect", Value: u.Redirect})
	}
	return append(fields, files.Field{Name: "success_action_status", Value: "204"})
}

// SignDownload makes the address for one download. Without credentials it is files.ErrUnavailable.
func (s *Store) SignDownload(ctx context.Context, d files.Download) (string, error) {
	if err := d.Check(); err != nil {
		return "", err
	}
	signed, err := s.sign.PresignGetObject(ctx, &s3.GetObjectInput{
		Bucket: &s.bucket, Key: aws.String(string(d.Key)),
		ResponseContentType:        &d.Type,
		ResponseContentDisposition: aws.String(files.Disposition(d.Attachment, files.SafeName(d.Name))),
		ResponseCacheControl:       aws.String("private, no-store"),
	}, s3.WithPresignExpires(d.Expiry))
	if err != nil {
		return "", unsigned(err)
	}
	address, err := s.reached(signed.URL)
	if err != nil {
		return "", unsigned(err)
	}
	return address, nil
}

// reached puts the origin that browsers know in the place of the bucket's own. The signature of an address holds the
// bucket's host name: the distribution must ask for that one.
func (s *Store) reached(address string) (string, error) {
	if s.origin == "" {
		return address, nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	return s.origin + u.RequestURI(), nil
}

func unsigned(err error) error { return fmt.Errorf("%w: signing: %w", files.ErrUnavailable, err) }
