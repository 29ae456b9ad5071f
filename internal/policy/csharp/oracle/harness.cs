static partial class Rows
{
    // Show writes a result as the Go test does.
    static string Show(object o)
    {
        if (o == null) return "null";
        if (o is string) return (string)o;
        var bytes = o as byte[];
        if (bytes != null) return BitConverter.ToString(bytes);
        if (o is JToken || o is XObject) return o.ToString();
        var list = o as System.Collections.IEnumerable;
        if (list != null)
        {
            var parts = new List<string>();
            foreach (var x in list) parts.Add(Show(x));
            return "[" + string.Join("|", parts.ToArray()) + "]";
        }
        var f = o as IFormattable;
        return f != null ? f.ToString(null, CultureInfo.InvariantCulture) : o.ToString();
    }

    static string Quote(string s)
    {
        var b = new StringBuilder();
        foreach (var c in s)
        {
            if (c == '\\') b.Append("\\\\");
            else if (c < ' ' || c > '~') b.Append("\\u" + ((int)c).ToString("x4"));
            else b.Append(c);
        }
        return b.ToString();
    }

    static void Main()
    {
        System.Threading.Thread.CurrentThread.CurrentCulture = CultureInfo.InvariantCulture;
        foreach (var row in All)
        {
            string line;
            try
            {
                var o = row.Value();
                line = (o == null ? "null" : o.GetType().Name) + "\t" + Quote(Show(o));
            }
            catch (Exception e)
            {
                line = "throws\t" + e.GetType().FullName;
            }
            Console.WriteLine(row.Key + "\t" + line);
        }
    }
}
