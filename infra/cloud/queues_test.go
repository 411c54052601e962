package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"convoc/infra/wiring"
	"convoc/shared/files/filestest"
)

func (c *installation) makeTables() {
	client := dynamodb.NewFromConfig(configuration(c.dynamo))
	for _, table := range wiring.Tables {
		_, err := client.CreateTable(context.Background(), &dynamodb.CreateTableInput{
			TableName: aws.String(c.name + "-" + string(table)), BillingMode: dynamotypes.BillingModePayPerRequest,
			AttributeDefinitions: []dynamotypes.AttributeDefinition{
				{AttributeName: aws.String("pk"), AttributeType: dynamotypes.ScalarAttributeTypeS},
				{AttributeName: aws.String("sk"), AttributeType: dynamotypes.ScalarAttributeTypeS},
			},
			KeySchema: []dynamotypes.KeySchemaElement{
				{AttributeName: aws.String("pk"), KeyType: dynamotypes.KeyTypeHash},
				{AttributeName: aws.String("sk"), KeyType: dynamotypes.KeyTypeRange},
			},
		})
		c.must(err)
	}
}

func (c *installation) bucket() string { return c.name + "-files" }

func (c *installation) makeBucket() {
	client := s3.NewFromConfig(configuration(c.s3), func(o *s3.Options) { o.UsePathStyle = true })
	_, err := client.CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: aws.String(c.bucket())})
	c.must(err)
}

// makeQueues gives each function that wants one its queue, and its dead letters.
func (c *installation) makeQueues() {
	client := sqs.NewFromConfig(configuration(c.moto))
	for _, f := range wiring.Functions {
		if !f.Trigger.Queued() {
			continue
		}
		dead, err := client.CreateQueue(context.Background(), &sqs.CreateQueueInput{QueueName: aws.String(c.name + "-" + f.Name + "-dead")})
		c.must(err)
		policy := `{"deadLetterTargetArn":"arn:aws:sqs:` + region + `:123456789012:` + c.name + "-" + f.Name + `-dead","maxReceiveCount":"3"}`
		made, err := client.CreateQueue(context.Background(), &sqs.CreateQueueInput{
			QueueName: aws.String(c.name + "-" + f.Name), Attributes: map[string]string{"RedrivePolicy": policy, "VisibilityTimeout": "5"},
		})
		c.must(err)
		c.queues[f.Name], c.queues[f.Name+"-dead"] = *made.QueueUrl, *dead.QueueUrl
	}
}

func verifyDomain(t testing.TB, s services) {
	client := sesv2.NewFromConfig(configuration(s.moto))
	if _, err := client.CreateEmailIdentity(context.Background(), &sesv2.CreateEmailIdentityInput{EmailIdentity: aws.String(mailFrom)}); err != nil {
		t.Fatal(err)
	}
}

// poll stands for the event source mapping: batches in, what was not reported as failed is deleted.
func (c *installation) poll(ctx context.Context, f wiring.Function) {
	client := sqs.NewFromConfig(configuration(c.moto))
	queue := c.queues[f.Name]
	for ctx.Err() == nil {
		got, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &queue, MaxNumberOfMessages: int32(max(1, f.Batch)), WaitTimeSeconds: 1,
			MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{sqstypes.MessageSystemAttributeNameAll},
		})
		if err != nil || len(got.Messages) == 0 {
			continue
		}
		failed, err := map[string]bool(nil), error(nil)
		if f.Name != c.deaf {
			failed, err = c.batch(ctx, f, got.Messages)
		}
		if err != nil {
			if ctx.Err() == nil {
				c.t.Errorf("%s: %v", f.Name, err)
			}
			continue
		}
		if f.Trigger == wiring.Mails && len(failed) > 0 {
			c.t.Errorf("%s: %d events are refused", f.Name, len(failed))
		}
		for _, m := range got.Messages {
			if failed[*m.MessageId] {
				continue
			}
			if _, err := client.DeleteMessage(context.Background(), &sqs.DeleteMessageInput{QueueUrl: &queue, ReceiptHandle: m.ReceiptHandle}); err != nil {
				c.t.Error(err)
			}
		}
	}
}

// batch makes a function answer an event of messages, and tells which ones failed.
func (c *installation) batch(ctx context.Context, f wiring.Function, messages []sqstypes.Message) (map[string]bool, error) {
	var e events.SQSEvent
	for _, m := range messages {
		e.Records = append(e.Records, events.SQSMessage{
			MessageId: *m.MessageId, ReceiptHandle: *m.ReceiptHandle, Body: *m.Body, Attributes: m.Attributes,
			EventSource: "aws:sqs", EventSourceARN: "arn:aws:sqs:" + region + ":123456789012:" + f.Name, AWSRegion: region,
		})
	}
	payload, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	raw, err := c.instance(f.Name).invoke(ctx, payload)
	if err != nil {
		return nil, err
	}
	var answer events.SQSEventResponse
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, err
	}
	failed := map[string]bool{}
	for _, i := range answer.BatchItemFailures {
		failed[i.ItemIdentifier] = true
	}
	return failed, nil
}

// filesHost is the documents' own host: S3 behind its distribution. What is uploaded becomes an event, as EventBridge
// writes it.
func (c *installation) filesHost() http.Handler {
	to, err := url.Parse(c.recorders["s3"].URL)
	c.must(err)
	// a signed address holds the store's own name, which the distribution asks for
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			proxy.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		body = filestest.Expand(body)
		key := keyOf(body, r.Header.Get("Content-Type"))
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		seen := &status{ResponseWriter: w}
		proxy.ServeHTTP(seen, r)
		if seen.code < 400 {
			c.uploaded(key)
		}
	})
}

// status keeps the status of an answer.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// keyOf reads the key of an upload form.
func keyOf(body []byte, contentType string) string {
	r := http.Request{Method: "POST", Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(bytes.NewReader(body))}
	form, err := r.MultipartReader()
	if err != nil {
		return ""
	}
	for {
		part, err := form.NextPart()
		if err != nil {
			return ""
		}
		if part.FormName() == "key" {
			raw, _ := io.ReadAll(io.LimitReader(part, 4<<10))
			return string(raw)
		}
	}
}

// uploaded tells record-upload what has arrived.
func (c *installation) uploaded(key string) {
	info, err := os.Stat(filepath.Join(c.files, c.bucket(), filepath.FromSlash(key)))
	if err != nil {
		c.t.Errorf("uploaded %q: %v", key, err)
		return
	}
	body := `{"version":"0","id":"17793124-05d4-b198-2fde-7ededc63b103","detail-type":"Object Created","source":"aws.s3",` +
		`"account":"123456789012","time":"` + time.Now().UTC().Format(time.RFC3339) + `","region":"` + region + `",` +
		`"resources":["arn:aws:s3:::` + c.bucket() + `"],"detail":{"version":"0","bucket":{"name":"` + c.bucket() + `"},` +
		`"object":{"key":` + strconv.Quote(key) + `,"size":` + strconv.FormatInt(info.Size(), 10) + `,"etag":"b1946ac92492d2347c6235b4d2611184",` +
		`"sequencer":"0062E99A88DC407460"},"request-id":"N4N7GDK58NMKJ12R","requester":"123456789012","reason":"PostObject"}}`
	c.enqueue("record-upload", body)
}

// enqueue puts a message into the queue of a function.
func (c *installation) enqueue(function, body string) {
	client := sqs.NewFromConfig(configuration(c.moto))
	if _, err := client.SendMessage(context.Background(), &sqs.SendMessageInput{QueueUrl: aws.String(c.queues[function]), MessageBody: &body}); err != nil {
		c.t.Error(err)
	}
}

// Mails are those that this installation handed to the mail service, the newest first.
func (c *installation) Mails() ([][]byte, error) {
	res, err := http.Get(c.moto + "/moto-api/data.json")
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var data struct {
		SES   map[string][]map[string]any `json:"ses"`
		SESv2 map[string][]map[string]any `json:"sesv2"`
	}
	if err := json.NewDecoder(res.Body).Decode(&data); err != nil {
		return nil, err
	}
	var mails [][]byte
	for _, kept := range append(data.SES["RawMessage"], data.SESv2["RawMessage"]...) {
		raw, ok := kept["raw_data"].(string)
		if !ok {
			return nil, errors.New("moto keeps mails in another way")
		}
		if bytes.Contains([]byte(raw), []byte(c.name+"@"+mailFrom)) {
			mails = append([][]byte{[]byte(raw)}, mails...)
		}
	}
	return mails, nil
}

// scan stands for GuardDuty: it marks a file that somebody asks about, when it is slow only for the second time.
func (c *installation) scan(key string) {
	c.mu.Lock()
	asked := c.asked[key]
	c.asked[key] = true
	c.mu.Unlock()
	content, err := os.ReadFile(filepath.Join(c.files, c.bucket(), filepath.FromSlash(key)))
	if err != nil || c.slow && !asked {
		return
	}
	status := "NO_THREATS_FOUND"
	if bytes.Contains(content, []byte(filestest.EICAR())) {
		status = "THREATS_FOUND"
	}
	client := s3.NewFromConfig(configuration(c.s3), func(o *s3.Options) { o.UsePathStyle = true })
	_, err = client.PutObjectTagging(context.Background(), &s3.PutObjectTaggingInput{
		Bucket: aws.String(c.bucket()), Key: &key,
		Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: aws.String("GuardDutyMalwareScanStatus"), Value: &status}}},
	})
	if err != nil {
		c.t.Error(err)
	}
}

// infected writes the story of the antivirus with the file that all of them find: here it would be found too.
func infected(t *testing.T) (path string) {
	t.Helper()
	told, err := os.ReadFile("testdata/antivirus.txtar")
	path = filepath.Join(t.TempDir(), "antivirus.txtar")
	if err == nil {
		err = os.WriteFile(path, bytes.ReplaceAll(told, []byte("{EICAR}"), []byte(filestest.EICAR())), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}
