// Package s3files is the store of documents in one S3 bucket. Each key of the port is the key of an object.
//
// A form is a POST policy (Amazon S3 API reference, « Authenticating Requests in Browser-Based Uploads »), an address is
// a presigned GET: browsers talk to the bucket, or to a distribution in front of it that hands on path, query and body
// as they are, under the bucket's own host name, and adds no signature of its own. What is signed with the keys of a
// session ends with that session, if this is before its expiry.
//
// Reads may be repeated by the SDK; what creates a file is not. A creation whose answer was lost would find its own
// first try, and call the key taken.
//
// Who may read but not list a bucket is told « forbidden » where there is nothing: without s3:ListBucket on the bucket,
// a file that is not there is files.ErrUnavailable and not files.ErrNotFound. What a killed process had begun to write
// is no file, but costs: a lifecycle rule of the bucket must end incomplete multipart uploads.
package s3files

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"convoc/shared/files"
)

// Client makes the client that [Open] wants. At an endpoint of its own (cfg.BaseEndpoint) the bucket is named in the
// path; with changes that, or anything else.
func Client(cfg aws.Config, with ...func(*s3.Options)) *s3.Client {
	checked := func(o *s3.Options) {
		o.UsePathStyle = cfg.BaseEndpoint != nil
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenSupported
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenSupported
	}
	return s3.NewFromConfig(cfg, append([]func(*s3.Options){checked}, with...)...)
}

// Store is one bucket; made by Open.
type Store struct {
	client *s3.Client
	sign   *s3.PresignClient
	post   []func(*s3.PresignPostOptions) // more options of forms: a test sets their clock
	bucket string
	origin string
}

// Open names a bucket, and the origin under which browsers reach it, without a slash at the end; empty: the bucket's own
// address. It calls nothing.
func Open(client *s3.Client, bucket, origin string) *Store {
	return &Store{client: client, sign: s3.NewPresignClient(client), bucket: bucket, origin: origin}
}

// Stat tells the size.
func (s *Store) Stat(ctx context.Context, key files.Key) (files.Info, error) {
	if err := key.Check(); err != nil {
		return files.Info{}, err
	}
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: aws.String(string(key))})
	if err != nil {
		return files.Info{}, fault(err)
	}
	return files.Info{
		Size: aws.ToInt64(out.ContentLength), StoredAt: aws.ToTime(out.LastModified).UTC(), Name: nameIn(out.Metadata),
	}, nil
}

// Open reads a file. The end of ctx ends the reading too.
func (s *Store) Open(ctx context.Context, key files.Key) (io.ReadCloser, error) {
	if err := key.Check(); err != nil {
		return nil, err
	}
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: aws.String(string(key))})
	if err != nil {
		return nil, fault(err)
	}
	return out.Body, nil
}

// ReadAt reads a part of a file.
func (s *Store) ReadAt(ctx context.Context, key files.Key, p []byte, off int64) (int, error) {
	if err := key.Check(); err != nil || len(p) == 0 {
		return 0, err
	}
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: &s.bucket, Key: aws.String(string(key)), Range: aws.String(fmt.Sprintf("bytes=%d-%d", off, off+int64(len(p))-1)),
	})
	if err != nil && codeOf(err) == "InvalidRange" { // from beyond the end
		return 0, io.EOF
	}
	if err != nil {
		return 0, fault(err)
	}
	defer out.Body.Close()
	part := p[:min(int64(len(p)), aws.ToInt64(out.ContentLength))]
	n, err := io.ReadFull(out.Body, part)
	switch {
	case err != nil:
		return n, fault(err)
	case n < len(p):
		return n, io.EOF
	}
	return n, nil
}

// Delete removes a file.
func (s *Store) Delete(ctx context.Context, key files.Key) error {
	if err := key.Check(); err != nil {
		return err
	}
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: aws.String(string(key))})
	if err = fault(err); errors.Is(err, files.ErrNotFound) {
		return nil
	}
	return err
}

// fault turns the service's errors into the port's. Of their text only the kind goes on.
func fault(err error) error {
	if err == nil {
		return nil
	}
	switch code := codeOf(err); {
	case code == "NoSuchKey" || code == "NotFound": // the answer to HEAD has no body, and no other name
		return files.ErrNotFound
	case code == "PreconditionFailed":
		return files.ErrExists
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%w: %w", files.ErrUnavailable, context.Canceled)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: %w", files.ErrUnavailable, context.DeadlineExceeded)
	default:
		return fmt.Errorf("%w: %s", files.ErrUnavailable, code)
	}
}

// codeOf is the service's name of an error; « no answer » where there is none.
func codeOf(err error) string {
	var said smithy.APIError
	if !errors.As(err, &said) {
		return "no answer"
	}
	return said.ErrorCode()
}
