package s3files

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"convoc/shared/files"
)

// partSize is how much of a file is in memory at a time: the least that S3 takes as a part of a larger one, and with
// its 10,000 parts enough for 50 GB. A temporary file instead would need a disk as large as the file: a function has
// 512 MB of it, for everything.
const partSize = 5 << 20

// Create stores a new file: in one call when it is short, else part by part as it is read. It appears with the last
// call, which S3 makes only where there is no object yet.
func (s *Store) Create(ctx context.Context, key files.Key, r io.Reader) (files.Info, error) {
	if err := key.Check(); err != nil {
		return files.Info{}, err
	}
	if err := ctx.Err(); err != nil {
		return files.Info{}, err
	}
	var part bytes.Buffer
	last, err := fill(&part, r)
	switch {
	case err != nil:
	case last:
		err = s.put(ctx, key, part.Bytes())
	default:
		err = s.stream(ctx, key, &part, r)
	}
	if err != nil {
		return files.Info{}, err
	}
	return s.Stat(ctx, key)
}

// fill reads the next part; last tells that r has ended. An error of r is returned as it is.
func fill(part *bytes.Buffer, r io.Reader) (last bool, err error) {
	part.Reset()
	_, err = io.CopyN(part, r, partSize)
	if err == io.EOF { // as io.Copy compares it: a wrapped one is no end
		return true, nil
	}
	return false, err
}

// absent is the condition under which a file is created.
var absent = aws.String("*")

// unrepeated keeps the SDK from trying again.
func unrepeated(o *s3.Options) { o.Retryer = aws.NopRetryer{} }

// put stores a short file.
func (s *Store) put(ctx context.Context, key files.Key, content []byte) error {
	for n := 0; ; n++ {
		_, err := s.client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &s.bucket, Key: aws.String(string(key)), Body: bytes.NewReader(content), IfNoneMatch: absent,
		}, unrepeated)
		if err == nil || !unwritten(err) || n == tries || pause(ctx, n) != nil {
			return fault(err)
		}
	}
}

// stream stores a long file, of which the first part has been read.
func (s *Store) stream(ctx context.Context, key files.Key, part *bytes.Buffer, r io.Reader) error {
	begun, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &s.bucket, Key: aws.String(string(key)), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32,
	})
	if err != nil {
		return fault(err)
	}
	parts, err := s.parts(ctx, key, begun.UploadId, part, r)
	if err == nil {
		_, err = s.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
			Bucket: &s.bucket, Key: aws.String(string(key)), UploadId: begun.UploadId, IfNoneMatch: absent,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
		}, unrepeated)
		err = fault(err)
	}
	if err != nil {
		s.abandon(ctx, key, begun.UploadId)
	}
	return err
}

// parts uploads what was read, then what r still gives. To upload a part again is harmless: the SDK may.
func (s *Store) parts(ctx context.Context, key files.Key, upload *string, part *bytes.Buffer, r io.Reader) ([]types.CompletedPart, error) {
	var done []types.CompletedPart
	for last := false; ; {
		n := aws.Int32(int32(len(done) + 1))
		out, err := s.client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: &s.bucket, Key: aws.String(string(key)), UploadId: upload, PartNumber: n, Body: bytes.NewReader(part.Bytes()),
		})
		if err != nil {
			return nil, fault(err)
		}
		done = append(done, types.CompletedPart{PartNumber: n, ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32})
		if last {
			return done, nil
		}
		if last, err = fill(part, r); err != nil {
			return nil, err
		}
		if part.Len() == 0 {
			return done, nil
		}
	}
}

// abandon throws away the parts of a file that will not be, also when the caller's time has ended. If that fails, the
// lifecycle rule of the bucket does it.
func (s *Store) abandon(ctx context.Context, key files.Key, upload *string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, _ = s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{
		Bucket: &s.bucket, Key: aws.String(string(key)), UploadId: upload,
	})
}

// unwritten tells the errors that say « nothing was written, come back »: a file was removed or created meanwhile, or
// the service is too busy.
func unwritten(err error) bool {
	switch codeOf(err) {
	case "ConditionalRequestConflict", "OperationAborted", "SlowDown", "ThrottlingException":
		return true
	}
	return false
}

// tries of one creation that is known to have written nothing, with pauses of 50 ms doubling up to a second: about four
// seconds.
const tries = 7

// pause waits before try n+1, somewhere in the second half of its span so that a crowd spreads.
func pause(ctx context.Context, n int) error {
	span := min(time.Second, 50*time.Millisecond<<n)
	wait := time.NewTimer(span/2 + rand.N(span/2))
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
