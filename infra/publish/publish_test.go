package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"convoc/infra/referee"
)

const origin = "https://convoc.example"

func TestContentIsWhatOneMachineServes(t *testing.T) {
	objects, err := content(origin)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{}
	pages := false
	for _, o := range objects {
		kinds[o.key] = o.kind
		if len(o.body) == 0 || o.kind == "" {
			t.Errorf("%s: %d bytes of type %q", o.key, len(o.body), o.kind)
		}
		if pages && !html(o) {
			t.Errorf("%s comes after pages, which may refer to it", o.key)
		}
		pages = pages || html(o)
		if strings.HasPrefix(o.key, "erreurs/") && !bytes.Contains(o.body, []byte(`href="`+origin+`/c/style.css"`)) {
			t.Errorf("%s does not find its style on the files' host", o.key)
		}
	}
	for key, want := range map[string]string{
		"index.html": "text/html; charset=utf-8", "index.js": "text/javascript; charset=utf-8",
		"assets/style.css": "text/css; charset=utf-8", "assets/convoc.svg": "image/svg+xml",
		"exemples/guide-eure.csv": "text/csv; charset=utf-8", "erreurs/403.html": "text/html; charset=utf-8",
	} {
		if kinds[key] != want {
			t.Errorf("%s: got %q, want %q", key, kinds[key], want)
		}
	}
}

func TestCommandLineSaysWhatIsMissing(t *testing.T) {
	for name, args := range map[string]string{
		"nothing":           "",
		"no bucket":         "-region eu-west-3 -origin https://convoc.example",
		"no region":         "-bucket b -origin https://convoc.example",
		"an unknown option": "-region eu-west-3 -bucket b -origin https://convoc.example -invite",
		"something more":    "-region eu-west-3 -bucket b -origin https://convoc.example more",
	} {
		if _, err := parse(strings.Fields(args)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Against an S3 that we did not write.
func TestPublishTwice(t *testing.T) {
	endpoint := referee.Start(t, "moto")
	cfg := aws.Config{
		Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	bucket := "pages"
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	objects, err := content(origin)
	if err != nil {
		t.Fatal(err)
	}
	gone := object{"partie.html", "text/html; charset=utf-8", []byte("partie")}
	if _, _, err := publish(t.Context(), client, bucket, append(objects, gone)); err != nil {
		t.Fatal(err)
	}
	put, deleted, err := publish(t.Context(), client, bucket, objects)
	if err != nil || put != len(objects) || deleted != 1 {
		t.Fatalf("the second time: %d put, %d deleted, %v", put, deleted, err)
	}
	found, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: new("index.js")})
	if err != nil {
		t.Fatal(err)
	}
	if got := aws.ToString(found.ContentType) + ", " + aws.ToString(found.CacheControl); got != "text/javascript; charset=utf-8, no-cache" {
		t.Errorf("index.js is %s", got)
	}
	if _, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: &gone.key}); err == nil {
		t.Error("what is gone is still there")
	}
}
