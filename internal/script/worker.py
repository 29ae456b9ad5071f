"""Runs scripts of the Execute Python Script module, one after the other.

Jobs come in through one descriptor and answers leave through another, in the
form that frame.go describes. What a script prints goes to the usual outputs.
"""
import io
import os
import shutil
import struct
import sys
import traceback
import zipfile

requests = os.fdopen(int(sys.argv[1]), "rb", buffering=1 << 16)
answers = os.fdopen(int(sys.argv[2]), "wb", buffering=1 << 16)
del sys.argv[1:]
SCRATCH = os.getcwd()
MOST_IMAGES = 100
MOST_BUNDLED = 64 << 20


class Unusable(Exception):
    """The interpreter lacks what every script needs."""


try:
    import numpy
    import pandas
except ImportError as error:
    missing = str(error).strip().splitlines()[0]
else:
    missing = None


def take(n):
    b = requests.read(n)
    if len(b) != n:
        sys.exit(0)  # nobody asks any more
    return b


def number():
    return struct.unpack("<i", take(4))[0]


def text():
    return take(number()).decode("utf-8")


def array(kind, n):
    return numpy.frombuffer(take(numpy.dtype(kind).itemsize * n), dtype=kind)


def read_frame():
    width, rows = number(), number()
    names, columns = [], []
    for _ in range(width):
        names.append(text())
        kind, categorical, has_missing = take(3)
        missing = array("u1", rows).astype(bool) if has_missing else None
        columns.append(read_column(chr(kind), rows, missing, bool(categorical)))
    index = pandas.RangeIndex(rows)
    frame = pandas.DataFrame({i: pandas.Series(c, index=index) for i, c in enumerate(columns)}, index=index)
    frame.columns = names
    return frame


def read_column(kind, rows, missing, categorical):
    if kind == "s":
        lengths = array("<i4", rows)
        total = struct.unpack("<d", take(8))[0]
        data = take(int(total))
        ends = numpy.cumsum(lengths, dtype=numpy.int64).tolist()
        values, start = numpy.empty(rows, dtype=object), 0
        for i, end in enumerate(ends):
            values[i] = data[start:end].decode("utf-8")
            start = end
        if missing is not None:
            values[missing] = None
    elif kind == "d":
        values = array("<f8", rows).copy()
        if missing is not None:
            values[missing] = numpy.nan
    elif kind in "il":
        values = array("<i4" if kind == "i" else "<i8", rows).copy()
        if missing is not None:  # NumPy's whole numbers cannot be missing
            values = values.astype("f8")
            values[missing] = numpy.nan
    elif kind == "b":
        values = array("u1", rows).astype(bool)
        if missing is not None:
            values = values.astype(object)
            values[missing] = None
    else:
        values = array("<i8", rows).copy().view("M8[ns]" if kind == "t" else "m8[ns]")
        if missing is not None:
            values[missing] = numpy.datetime64("NaT") if kind == "t" else numpy.timedelta64("NaT")
    return pandas.Categorical(values) if categorical else values


def put_number(out, n):
    out.write(struct.pack("<i", n))


def put_text(out, s):
    b = s.encode("utf-8", "replace")
    put_number(out, len(b))
    out.write(b)


def write_frame(out, frame):
    put_number(out, frame.shape[1])
    put_number(out, len(frame))
    for place, name in enumerate(frame.columns):
        write_column(out, str(name), frame.iloc[:, place])


def write_column(out, name, series):
    categorical = isinstance(series.dtype, pandas.CategoricalDtype)
    if categorical:
        series = series.astype(series.cat.categories.dtype if not series.isna().any() else object).infer_objects()
    missing = series.isna().to_numpy(dtype=bool)
    kind, values = cells(series, missing)
    put_text(out, name)
    out.write(bytes([ord(kind), categorical, bool(missing.any())]))
    if missing.any():
        out.write(missing.astype("u1").tobytes())
    if kind == "s":
        encoded = [v.encode("utf-8", "replace") for v in values]
        out.write(numpy.fromiter((len(v) for v in encoded), dtype="<u4", count=len(encoded)).tobytes())
        out.write(b"".join(encoded))
    else:
        out.write(values.tobytes())


def cells(series, missing):
    """The kind of a column and its cells, with something harmless in the missing ones."""
    kind = series.dtype
    if pandas.api.types.is_bool_dtype(kind):
        return "b", series.where(~missing, False).astype("u1").to_numpy() if missing.any() else series.to_numpy(dtype="u1")
    if pandas.api.types.is_integer_dtype(kind):
        values = series.fillna(0).to_numpy() if missing.any() else series.to_numpy()
        values = numpy.asarray(values)
        if values.dtype.itemsize < 4 or values.dtype == numpy.int32:
            return "i", values.astype("<i4")
        if values.dtype == numpy.uint64 and len(values) and int(values.max()) >= 2**63:
            return "d", values.astype("<f8")
        return "l", values.astype("<i8")
    if pandas.api.types.is_float_dtype(kind):
        return "d", series.to_numpy(dtype="f8", na_value=numpy.nan).astype("<f8")
    if pandas.api.types.is_datetime64_any_dtype(kind):
        if getattr(kind, "tz", None) is not None:
            series = series.dt.tz_convert("UTC").dt.tz_localize(None)
        return "t", series.to_numpy(dtype="M8[ns]").view("<i8")
    if pandas.api.types.is_timedelta64_dtype(kind):
        return "v", series.to_numpy(dtype="m8[ns]").view("<i8")
    there = series[~missing]
    if len(there) and all(isinstance(v, (bool, numpy.bool_)) for v in there):
        return "b", series.where(~missing, False).astype("u1").to_numpy()
    if len(there) and all(isinstance(v, (int, float, numpy.number)) and not isinstance(v, bool) for v in there):
        return "d", series.where(~missing, 0.0).astype("f8").to_numpy().astype("<f8")
    return "s", ["" if gone else v if isinstance(v, str) else str(v) for v, gone in zip(series, missing)]


def clean_scratch():
    os.chdir(SCRATCH)
    for entry in os.scandir(SCRATCH):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)


def unpack(bundle):
    folder = os.path.join(SCRATCH, "Script Bundle")
    os.mkdir(folder)
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        if sum(i.file_size for i in archive.infolist()) > MOST_BUNDLED:
            raise ValueError("The script bundle unpacks to more than %d bytes." % MOST_BUNDLED)
        archive.extractall(folder)
    if folder not in sys.path:
        sys.path.insert(0, folder)


def graphics():
    """The figures that are open, then the PNG files that the script left in its folder."""
    images = []
    if "matplotlib.pyplot" in sys.modules:
        pyplot = sys.modules["matplotlib.pyplot"]
        for n in pyplot.get_fignums():
            image = io.BytesIO()
            pyplot.figure(n).savefig(image, format="png")
            images.append(image.getvalue())
        pyplot.close("all")
    for name in sorted(os.listdir(SCRATCH)):
        if name.lower().endswith(".png") and os.path.isfile(os.path.join(SCRATCH, name)):
            with open(os.path.join(SCRATCH, name), "rb") as f:
                images.append(f.read())
    return images[:MOST_IMAGES]


def frame_of(result):
    """The data frame of what azureml_main returned: a sequence that holds one, or None."""
    if isinstance(result, (tuple, list)):
        if len(result) > 1:
            raise TypeError("azureml_main returned %d objects: return one pandas.DataFrame in a sequence." % len(result))
        result = result[0] if result else None
    if isinstance(result, pandas.Series):
        result = result.to_frame()
    if result is not None and not isinstance(result, pandas.DataFrame):
        raise TypeError("azureml_main returned a %s: return a pandas.DataFrame in a sequence, as in: return dataframe1," % type(result).__name__)
    return result


def run(source, bundle, inputs):
    """Runs one script and gives its answer."""
    clean_scratch()
    if bundle:
        unpack(bundle)
    names = {"__name__": "azureml_script", "__builtins__": __builtins__}
    exec(compile(source, "script.py", "exec"), names)
    main = names.get("azureml_main")
    if not callable(main):
        raise NameError("The script does not define azureml_main(dataframe1, dataframe2).")
    while inputs and inputs[-1] is None:
        inputs.pop()
    frame = frame_of(main(*inputs))
    out = io.BytesIO()
    out.write(b"d")
    out.write(bytes([frame is not None]))
    if frame is not None:
        write_frame(out, frame)
    images = graphics()
    put_number(out, len(images))
    for image in images:
        put_number(out, len(image))
        out.write(image)
    return out.getbuffer()


def failure(kind, message):
    out = io.BytesIO()
    out.write(kind)
    put_text(out, message)
    return out.getbuffer()


def explain():
    """The traceback without this program's own lines."""
    kind, error, trace = sys.exc_info()
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return "".join(traceback.format_exception(kind, error, trace)).strip()


def main():
    while True:
        source, bundle, seeded = text(), take(number()), take(1)[0]
        if seeded:
            number()
        if missing is not None:
            answer = failure(b"u", missing)
        else:
            inputs = [read_frame() if take(1)[0] else None for _ in range(2)]
            try:
                answer = run(source, bundle, inputs)
            except SystemExit as error:
                answer = failure(b"f", "The script called exit(%s)." % error.code)
            except BaseException:
                answer = failure(b"f", explain())
            del inputs
        for output in (sys.stdout, sys.stderr):
            try:
                output.flush()
            except Exception:
                pass
        answers.write(answer)
        answers.flush()


main()
