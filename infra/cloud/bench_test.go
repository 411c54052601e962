package cloud

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/pem"
	"fmt"
	"io"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"convoc/infra/stack/roots"
	"convoc/infra/wiring"
	"convoc/shared/link"
)

// BenchmarkColdStart prints, for each function, what its first start costs beside a function that does nothing: the time
// from the start of the process to its first question for an event, run in turn with the other, the medians of their
// ratios. And the size of what is uploaded, for arm64.
//
//	go test ./infra/cloud -run xxx -bench ColdStart -benchtime 21x
func BenchmarkColdStart(b *testing.B) {
	bare := build(b, "./infra/cloud/testdata/bare", runtime.GOARCH)
	s := start(b)
	c := deploy(b, s, newCalls(), b.TempDir())
	fmt.Printf("%-20s %8s %10s\n", "function", "init", "zip")
	for _, f := range wiring.Functions {
		b.Run(f.Name, func(b *testing.B) {
			binary, env := bootstrap(b, f.Name), c.environment(f.Name)
			var ratios []float64
			for b.Loop() {
				reference := coldStart(b, f, bare, env)
				ratios = append(ratios, float64(coldStart(b, f, binary, env))/float64(reference))
			}
			slices.Sort(ratios)
			ratio := ratios[len(ratios)/2]
			b.ReportMetric(ratio, "×bare")
			if b.N > 1 {
				size := zipped(b, build(b, "./functions/"+f.Name, "arm64"))
				fmt.Printf("%-20s %7.2f× %7.2f MB\n", f.Name, ratio, float64(size)/1e6)
			}
		})
	}
}

// BenchmarkFirstCall prints how long the first answer of a cold function takes that reads a table over TLS, with the
// short list of authorities that the stack gives to functions and with all that a system has.
//
//	go test ./infra/cloud -run xxx -bench FirstCall -benchtime 21x
func BenchmarkFirstCall(b *testing.B) {
	s := start(b)
	c := deploy(b, s, newCalls(), b.TempDir())
	to, err := url.Parse(s.dynamo)
	if err != nil {
		b.Fatal(err)
	}
	secure := httptest.NewTLSServer(httputil.NewSingleHostReverseProxy(to))
	b.Cleanup(secure.Close)
	own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	system, err := os.ReadFile("/etc/ssl/certs/ca-certificates.crt")
	if err != nil {
		b.Skip("this machine keeps its authorities elsewhere")
	}
	f := wiring.Named("view-convocation")
	for name, trusted := range map[string][]byte{"short": roots.PEM, "system": system} {
		b.Run(name, func(b *testing.B) {
			store := filepath.Join(b.TempDir(), "roots.pem")
			if err := os.WriteFile(store, append(slices.Clone(trusted), own...), 0o600); err != nil {
				b.Fatal(err)
			}
			env := append(c.environment(f.Name), "AWS_ENDPOINT_URL_DYNAMODB="+secure.URL, "SSL_CERT_FILE="+store, "SSL_CERT_DIR=/nowhere")
			var starts, calls []float64
			for b.Loop() {
				begun := time.Now()
				i, err := launch(f, bootstrap(b, f.Name), env, io.Discard)
				if err != nil {
					b.Fatal(err)
				}
				<-i.polled
				ready := time.Now()
				raw, err := i.invoke(b.Context(), unknownLink(b, c.secret))
				calls = append(calls, float64(time.Since(ready))/1e6)
				starts = append(starts, float64(ready.Sub(begun))/1e6)
				i.stop()
				if err != nil || !strings.Contains(string(raw), `"statusCode":404`) {
					b.Fatalf("got %.200s, %v", raw, err)
				}
			}
			slices.Sort(starts)
			slices.Sort(calls)
			b.ReportMetric(starts[len(starts)/2], "ms-init")
			b.ReportMetric(calls[len(calls)/2], "ms-first-call")
		})
	}
}

// unknownLink is the event of a visit by a link that nobody has: one read of the table.
func unknownLink(b *testing.B, secret string) []byte {
	token := link.Token{
		Locator: link.Locator{
			Collectivity: "000000000", Convocation: "cnv_aaaaaaaaaaaaaaaa", Recipient: "rcp_aaaaaaaaaaaaaaaa",
		},
		Secret: strings.Repeat("A", 26),
	}
	raw, err := request(httptest.NewRequest("GET", "/c/"+token.String(), nil), "GET /c/{token}", secret)
	if err != nil {
		b.Fatal(err)
	}
	return raw
}

func coldStart(b *testing.B, f wiring.Function, binary string, env []string) time.Duration {
	begin := time.Now()
	i, err := launch(f, binary, env, io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	defer i.stop()
	select {
	case <-i.polled:
	case <-i.ended:
		b.Fatalf("%s ended at once", f.Name)
	}
	return time.Since(begin)
}

// build builds one program with the flags of the deployment.
func build(b *testing.B, pkg, arch string) string {
	out := filepath.Join(b.TempDir(), "bootstrap")
	cmd := exec.Command("go", "build", "-tags", "lambda.norpc", "-trimpath", "-ldflags", "-s -w", "-o", out, pkg)
	cmd.Dir, cmd.Env = filepath.Join("..", ".."), append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, said)
	}
	return out
}

// zipped is the size of a program as it is uploaded.
func zipped(b *testing.B, path string) int {
	raw, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	w, err := z.Create("bootstrap")
	if err == nil {
		_, err = io.Copy(w, bytes.NewReader(raw))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	return out.Len()
}
