package s3files

import (
	"context"
	"errors"
	"flag"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"convoc/infra/referee"
	"convoc/shared/files"
	"convoc/shared/files/filestest"
)

var (
	endpoint = flag.String("endpoint", "", "an S3 to hold the suite against too")
	bucket   = flag.String("bucket", "convoc-test", "its bucket, which exists and may be written to")
	region   = flag.String("region", "eu-west-3", "its region; credentials come from AWS_ACCESS_KEY_ID and its kin")
)

// configuration of a client of the gateway, whose keys these are.
func configuration(endpoint string) aws.Config {
	return aws.Config{
		Region: *region, BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("test", "test-secret", ""),
	}
}

// domain is the name below which the gateway takes a name for that of a bucket.
const domain = "s3.example"

func TestConformance(t *testing.T) {
	t.Setenv("VGW_VIRTUAL_DOMAIN", domain)
	address := strings.TrimPrefix(referee.Start(t, "versitygw"), "http://")
	direct := Client(configuration("http://" + address))
	if _, err := direct.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: bucket}); err != nil {
		t.Fatal(err)
	}
	// what browsers send passes by what the gateway lacks; we talk to it as it is
	path := front(t, &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: address})
			r.Out.Host = address
		},
	})
	t.Run("the bucket in the path", func(t *testing.T) { conformance(t, direct, path) })

	// as on AWS: the bucket is a host, and a distribution of another name stands in front of it
	byName := &http.Transport{DialContext: always(address)}
	cfg := configuration("http://" + domain)
	cfg.HTTPClient = &http.Client{Transport: byName}
	named := Client(cfg, func(o *s3.Options) { o.UsePathStyle = false })
	distribution := front(t, &httputil.ReverseProxy{
		Transport: byName, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: *bucket + "." + domain}) },
	})
	t.Run("behind a distribution", func(t *testing.T) { conformance(t, named, distribution) })
}

func front(t *testing.T, proxy *httputil.ReverseProxy) string {
	server := httptest.NewServer(filestest.Variables(proxy))
	t.Cleanup(server.Close)
	return server.URL
}

// always dials one address, whatever the name.
func always(address string) func(ctx context.Context, network, _ string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
}

// Tags are put as GuardDuty puts them.
func TestScanner(t *testing.T) {
	client := Client(configuration(referee.Start(t, "versitygw")))
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: bucket}); err != nil {
		t.Fatal(err)
	}
	store := Open(client, *bucket, "")
	mark := func(t *testing.T, key files.Key, tags ...string) {
		t.Helper()
		set := []types.Tag{}
		for i := 0; i < len(tags); i += 2 {
			set = append(set, types.Tag{Key: &tags[i], Value: &tags[i+1]})
		}
		_, err := client.PutObjectTagging(t.Context(), &s3.PutObjectTaggingInput{
			Bucket: bucket, Key: aws.String(string(key)), Tagging: &types.Tagging{TagSet: set},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	filestest.RunScanner(t, filestest.ScanSubject{Store: store, Scanner: store, Judged: func(t *testing.T, key files.Key, infected bool) {
		status := "NO_THREATS_FOUND"
		if infected {
			status = "THREATS_FOUND"
		}
		mark(t, key, "GuardDutyMalwareScanStatus", status)
	}})

	const key files.Key = "000000000/kept/doc"
	if _, err := store.Create(t.Context(), key, strings.NewReader("Bonjour")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		tags []string
		want files.Report // the zero report: no answer
	}{
		{"it has not come yet", nil, files.Report{Verdict: files.Pending}},
		{"marks of others", []string{"Stage", "production", "guarddutymalwarescanstatus", "THREATS_FOUND"}, files.Report{Verdict: files.Pending}},
		{"its mark among others", []string{"Stage", "production", scanTag, "NO_THREATS_FOUND"}, files.Report{Verdict: files.Clean}},
		{"encrypted", []string{scanTag, "UNSUPPORTED"}, files.Report{Verdict: files.Unscanned, Said: "UNSUPPORTED"}},
		{"it may not read it", []string{scanTag, "ACCESS_DENIED"}, files.Report{Verdict: files.Unscanned, Said: "ACCESS_DENIED"}},
		{"it has failed", []string{scanTag, "FAILED"}, files.Report{Verdict: files.Unscanned, Said: "FAILED"}},
		{"a status that nobody knows", []string{scanTag, "no_threats_found"}, files.Report{}},
		{"no status", []string{scanTag, ""}, files.Report{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			mark(t, key, c.tags...)
			got, err := store.Scan(t.Context(), key)
			if got != c.want || errors.Is(err, files.ErrUnavailable) != (c.want == files.Report{}) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// go test ./shared/files/s3files -args -endpoint https://s3.eu-west-3.amazonaws.com -bucket …
func TestConformanceElsewhere(t *testing.T) {
	if *endpoint == "" {
		t.Skip("no -endpoint")
	}
	cfg := configuration(*endpoint)
	cfg.Credentials = credentials.NewStaticCredentialsProvider(
		os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN"))
	conformance(t, Client(cfg), "")
}

func conformance(t *testing.T, client *s3.Client, origin string) {
	store := Open(client, *bucket, origin)
	filestest.Run(t, func(*testing.T) filestest.Subject {
		return filestest.Subject{Store: store, Past: func(by time.Duration) files.Store { return past(store, by) }}
	})
}

// past is the same store with a clock that is late.
func past(s *Store, by time.Duration) *Store {
	old := *s
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }) // as the SDK's own for S3
	old.sign = s3.NewPresignClient(s.client, func(o *s3.PresignOptions) { o.Presigner = late{signer, by} })
	old.post = []func(*s3.PresignPostOptions){func(o *s3.PresignPostOptions) {
		o.PostPresigner = latePost{o.PostPresigner, by}
	}}
	return &old
}

type late struct {
	presigner s3.HTTPPresignerV4
	by        time.Duration
}

func (l late) PresignHTTP(
	ctx context.Context, c aws.Credentials, r *http.Request, hash, service, region string, at time.Time, with ...func(*v4.SignerOptions),
) (string, http.Header, error) {
	return l.presigner.PresignHTTP(ctx, c, r, hash, service, region, at.Add(-l.by), with...)
}

type latePost struct {
	presigner s3.PresignPost
	by        time.Duration
}

func (l latePost) PresignPost(
	c aws.Credentials, bucket, key, region, service string, at time.Time, conditions []any, until time.Time, with ...func(*v4.SignerOptions),
) (map[string]string, error) {
	return l.presigner.PresignPost(c, bucket, key, region, service, at.Add(-l.by), conditions, until.Add(-l.by), with...)
}
