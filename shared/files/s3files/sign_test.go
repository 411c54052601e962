package s3files

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"convoc/shared/files"
)

// On AWS the bucket is a host of its own, and a distribution may stand in front of it.
func TestAddresses(t *testing.T) {
	cfg := configuration("")
	cfg.BaseEndpoint = nil
	u := files.Upload{Key: "a/b", MinSize: 1, MaxSize: 2, Expiry: time.Minute}
	d := files.Download{Key: "a/b", Name: "é.pdf", Type: "application/pdf", Expiry: time.Minute}
	for _, c := range []struct{ name, endpoint, origin, upload, download string }{
		{"the bucket's own", "", "", "https://bucket.s3.eu-west-3.amazonaws.com/", "https://bucket.s3.eu-west-3.amazonaws.com/a/b?"},
		{"behind a distribution", "", "https://documents.exemple.fr", "https://documents.exemple.fr/", "https://documents.exemple.fr/a/b?"},
		{"the bucket in the path", "https://s3.exemple.fr", "", "https://s3.exemple.fr/bucket", "https://s3.exemple.fr/bucket/a/b?"},
		{"in the path, and behind another server", "https://s3.exemple.fr", "https://documents.exemple.fr", "https://documents.exemple.fr/bucket", "https://documents.exemple.fr/bucket/a/b?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := cfg
			if c.endpoint != "" {
				cfg.BaseEndpoint = &c.endpoint
			}
			s := Open(Client(cfg), "bucket", c.origin)
			form, err := s.SignUpload(t.Context(), u)
			if err != nil || strings.TrimSuffix(form.URL, "/") != strings.TrimSuffix(c.upload, "/") {
				t.Errorf("upload: got %s, %v, want %s", form.URL, err, c.upload)
			}
			address, err := s.SignDownload(t.Context(), d)
			if err != nil || !strings.HasPrefix(address, c.download) || !strings.Contains(address, "&X-Amz-SignedHeaders=host&") {
				t.Errorf("download: got %s, %v, want %s", address, err, c.download)
			}
		})
	}
}

// The fields come in the same order each time, what a person would look for first, and none is named "file".
func TestFields(t *testing.T) {
	cfg := configuration("http://127.0.0.1:9000")
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b", SessionToken: "c"}, nil
	})
	names := func(u files.Upload) (names []string) {
		u.Key, u.MaxSize, u.Expiry = "a/b", 2, time.Minute
		form, err := Open(Client(cfg), "bucket", "").SignUpload(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range form.Fields {
			names = append(names, f.Name)
		}
		return names
	}
	signed := []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Signature", "policy"}
	for _, c := range []struct {
		u    files.Upload
		want []string
	}{
		{files.Upload{}, append([]string{"key", "success_action_status"}, signed...)},
		{files.Upload{Type: "application/pdf"}, append([]string{"key", "Content-Type", "success_action_status"}, signed...)},
		{files.Upload{Redirect: "https://convoc/c"}, append([]string{"key", "success_action_redirect"}, signed...)},
	} {
		if diff := cmp.Diff(c.want, names(c.u)); diff != "" {
			t.Errorf("fields (-want +got)\n%s", diff)
		}
	}
}

func TestNoCredentials(t *testing.T) {
	cfg := configuration("http://127.0.0.1:9000")
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, io.ErrUnexpectedEOF
	})
	s := Open(Client(cfg), "bucket", "")
	_, err := s.SignUpload(t.Context(), files.Upload{Key: "a/b", MaxSize: 2, Expiry: time.Minute})
	_, other := s.SignDownload(t.Context(), files.Download{Key: "a/b", Type: "text/plain", Expiry: time.Minute})
	if !errors.Is(err, files.ErrUnavailable) || !errors.Is(other, files.ErrUnavailable) {
		t.Errorf("got %v and %v", err, other)
	}
}
