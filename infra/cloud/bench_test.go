package cloud

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"convoc/infra/wiring"
)

// BenchmarkColdStart prints, for each function, what its first start costs beside a function that does nothing: the time
// from the start of the process to its first question for an event, run in turn with the other, the medians of their
// ratios. And the size of what is uploaded, for arm64.
//
//	go test ./infra/cloud -run xxx -bench ColdStart -benchtime 21x
func BenchmarkColdStart(b *testing.B) {
	bare := build(b, "./infra/cloud/testdata/bare", "amd64")
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

// A function links the services that it uses, and no other: each costs at every cold start.
func TestFunctionsLinkOnlyWhatTheyUse(t *testing.T) {
	for _, f := range wiring.Functions {
		symbols, err := exec.Command("go", "tool", "nm", unstripped(t, f.Name)).Output()
		if err != nil {
			t.Fatal(err)
		}
		for service, used := range map[string]bool{
			"dynamodb": true, "s3": len(f.May[wiring.Store]) > 0, "sqs": len(f.Rings) > 0, "sesv2": len(f.May[wiring.Mail]) > 0,
		} {
			linked := strings.Contains(string(symbols), "aws-sdk-go-v2/service/"+service+".(*Client)")
			if linked != used {
				t.Errorf("%s: links %s: %v, uses it: %v", f.Name, service, linked, used)
			}
		}
	}
}

func unstripped(t *testing.T, name string) string {
	out := filepath.Join(t.TempDir(), name)
	cmd := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", out, "./functions/"+name)
	cmd.Dir = filepath.Join("..", "..")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return out
}
